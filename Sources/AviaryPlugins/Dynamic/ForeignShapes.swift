import AviaryCore
import CAviaryPlugin

/// Extents as the C interface counts them: an extent, -1 where unknown, and below that one number for each
/// name of an open extent.
struct ForeignExtents {
  private var symbols: [String] = []

  mutating func encoded(_ extent: Extent) -> Int64 {
    switch extent {
    case .known(let value): return Int64(value)
    case .unknown: return -1
    case .symbol(let name):
      if let index = symbols.firstIndex(of: name) { return -2 - Int64(index) }
      symbols.append(name)
      return -1 - Int64(symbols.count)
    }
  }

  /// - Throws: `CallFailure.broken` for a number that stands for nothing, or an extent beyond reason.
  func decoded(_ number: Int64, _ what: String) throws(CallFailure) -> Extent {
    // Far above any tensor that fits into memory, far below what sums of extents could overflow.
    guard number <= 1 << 48 else { throw .broken("\(what) has an extent of \(number)") }
    if number >= 0 { return .known(Int(number)) }
    if number == -1 { return .unknown }
    let (index, overflow) = Int64(-2).subtractingReportingOverflow(number)
    guard !overflow, index < Int64(symbols.count) else {
      throw .broken("\(what) has the extent \(number), which stands for no extent of the inputs")
    }
    return .symbol(symbols[Int(index)])
  }
}

extension ForeignExtents {
  /// What is known of an input, as the plugin sees it. Whoever calls keeps a constant alive.
  ///
  /// - Throws: `CallFailure.refused` for what plugins cannot take: sequences, strings, too many axes.
  mutating func encoded(
    _ info: ValueInfo, _ index: Int, _ arena: ForeignArena
  ) throws(CallFailure) -> AviaryValueInfo? {
    guard !info.isAbsent else { return nil }
    var result = AviaryValueInfo()
    result.size = foreignSize(AviaryValueInfo.self)
    result.abi = UInt32(AVIARY_ABI)
    result.rank = -1
    switch info.type {
    case .tensor(let type, let shape):
      guard type != .string else { throw unsupported("input \(index) holds strings") }
      result.element_type = type?.rawValue ?? 0
      if let dims = shape.dims {
        guard dims.count <= Int(AVIARY_MAX_RANK) else {
          throw unsupported("input \(index) has \(dims.count) axes")
        }
        result.rank = Int32(dims.count)
        result.dims = UnsafePointer(arena.array(dims.map { encoded($0) }))
      }
      if let tensor = info.tensor {
        result.content = arena.place(try arena.tensor(tensor, "input \(index)"))
      }
    case .unknown: break
    default: throw unsupported("input \(index) is not a tensor")
    }
    return result
  }

  private func unsupported(_ text: String) -> CallFailure {
    .refused(status: Int32(AVIARY_UNSUPPORTED.rawValue), "\(text), which plugins cannot take")
  }

  /// What the plugin says of an output.
  ///
  /// - Throws: `CallFailure.broken` for an element type, a rank or extents that cannot be.
  func decoded(_ info: AviaryOutputInfo, _ what: String) throws(CallFailure) -> ValueInfo {
    var type: ElementType?
    if info.element_type != 0 { type = try Self.elementType(info.element_type, what) }
    if info.rank == -1 { return ValueInfo(type, .unknown) }
    guard (0...Int32(AVIARY_MAX_RANK)).contains(info.rank) else {
      throw .broken("\(what) has the rank \(info.rank)")
    }
    guard info.rank == 0 || info.dims != nil else {
      throw .broken("\(what) has \(info.rank) extents at NULL")
    }
    var dims: [Extent] = []
    if let numbers = info.dims {
      for axis in 0..<Int(info.rank) { dims.append(try decoded(numbers[axis], what)) }
    }
    // Extents that are known must make a shape, also where others are open.
    _ = try Self.shape(dims.compactMap(\.value), type ?? .complex128, what)
    return ValueInfo(type, SymbolicShape(dims))
  }

  /// - Throws: `CallFailure.broken` for a number that is no element type, or strings.
  static func elementType(_ number: Int32, _ what: String) throws(CallFailure) -> ElementType {
    guard let type = ElementType(rawValue: number) else {
      throw .broken("\(what) has the element type \(number), which is none")
    }
    guard type != .string else { throw .broken("\(what) is of strings, which plugins cannot make") }
    return type
  }

  /// - Throws: `CallFailure.broken` for negative extents, `resource` for a size that cannot be counted (large
  ///   inputs may lead there without anybody's fault).
  static func shape(_ dims: [Int], _ type: ElementType, _ what: String) throws(CallFailure) -> Shape {
    if let extent = dims.first(where: { $0 < 0 }) { throw .broken("\(what) has the extent \(extent)") }
    let shape: Shape
    do { shape = try Shape(dims) } catch { throw .resource("\(what): \(error)") }
    guard type.byteCount(of: shape.count) != nil else {
      throw .resource("\(what) is \(shape) of \(type.name): the number of bytes overflows")
    }
    return shape
  }
}

extension ValueInfo {
  /// Whether a tensor may be what this promises.
  func allows(_ type: ElementType, _ dims: [Int]) -> Bool {
    if let promised = elementType, promised != type { return false }
    guard let promised = shape.dims else { return true }
    return promised.count == dims.count
      && zip(promised, dims).allSatisfy { $0.value == nil || $0.value == $1 }
  }
}
