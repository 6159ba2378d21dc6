import AviaryCore

/// How far two tensors of one shape lie apart.
public struct TensorDifference: Sendable, Encodable, Equatable {
  /// Elements of each.
  public let count: Int
  /// Elements that are not equal; NaN equals NaN here.
  public private(set) var differing = 0
  /// The largest magnitude of a difference; infinite where only one of two values is a number.
  public private(set) var largest = 0.0
  /// Row-major position of the largest difference, and the two values there.
  public private(set) var position = 0
  public private(set) var first = 0.0
  public private(set) var second = 0.0
  /// The largest magnitude of the first tensor's finite values.
  public private(set) var scale = 0.0

  /// `largest` in units of `scale`; of a tensor of zeros, `largest` itself.
  public var relative: Double { largest == 0 ? 0 : scale > 0 ? largest / scale : largest }

  private enum CodingKeys: String, CodingKey {
    case count, differing, largest, relative, position, first, second
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(count, forKey: .count)
    try container.encode(differing, forKey: .differing)
    // JSON has no infinity.
    for (key, value) in [
      (CodingKeys.largest, largest), (.relative, relative), (.first, first), (.second, second),
    ] { try container.encode(value.isFinite ? value : nil, forKey: key) }
    try container.encode(position, forKey: .position)
  }

  /// Compares element by element; element types may differ.
  ///
  /// - Returns: `nil` where the shapes differ, or the elements are no numbers and not of one type.
  public init?(_ first: Tensor, _ second: Tensor) {
    guard first.shape == second.shape else { return nil }
    count = first.count
    if first.elementType == second.elementType, first.elementType != .string, Self.sameBytes(first, second) {
      scale = Self.scale(of: first)
      return
    }
    if case .strings(let a) = first.storage, case .strings(let b) = second.storage {
      for (index, pair) in zip(a, b).enumerated() where pair.0 != pair.1 { count(index, 0, 1) }
      return
    }
    guard let a = NumberReader(first), let b = NumberReader(second) else { return nil }
    // Numbers of 64 bits may differ where their doubles do not.
    let isExact = first.elementType == second.elementType && [.int64, .uint64].contains(first.elementType)
    for start in stride(from: 0, to: count, by: NumberReader.chunk) {
      let range = start..<min(start + NumberReader.chunk, count)
      let (left, right) = (a.values(range), b.values(range))
      for index in range {
        let (x, y) = (left[index - start], right[index - start])
        if x.magnitude > scale, x.isFinite { scale = x.magnitude }
        guard x != y, !(x.isNaN && y.isNaN) else { continue }
        count(index, x, y)
      }
    }
    if isExact { differing = max(differing, Self.differingWords(first, second)) }
  }

  private mutating func count(_ index: Int, _ x: Double, _ y: Double) {
    differing += 1
    let magnitude = x.isFinite && y.isFinite ? (x - y).magnitude : .infinity
    guard magnitude > largest || differing == 1 else { return }
    (largest, position, first, second) = (magnitude, index, x, y)
  }

  private static func sameBytes(_ a: Tensor, _ b: Tensor) -> Bool {
    a.withBytes { left in b.withBytes { right in left.elementsEqual(right) } }
  }

  private static func scale(of tensor: Tensor) -> Double {
    guard let reader = NumberReader(tensor) else { return 0 }
    var scale = 0.0
    for start in stride(from: 0, to: tensor.count, by: NumberReader.chunk) {
      for value in reader.values(start..<min(start + NumberReader.chunk, tensor.count))
      where value.isFinite && value.magnitude > scale { scale = value.magnitude }
    }
    return scale
  }

  private static func differingWords(_ a: Tensor, _ b: Tensor) -> Int {
    a.withBytes { left in
      b.withBytes { right in
        zip(left.bindMemory(to: UInt64.self), right.bindMemory(to: UInt64.self)).count { $0 != $1 }
      }
    }
  }
}

/// Elements of any numeric type as doubles, a piece at a time.
struct NumberReader {
  static let chunk = 1 << 14
  private let tensor: Tensor
  private let convert: (UnsafeRawPointer, Int) -> Double
  private let stride: Int

  /// - Returns: `nil` for strings, complex numbers and types that share bytes.
  init?(_ tensor: Tensor) {
    self.tensor = tensor
    func reader<T: BitwiseCopyable>(_ type: T.Type, _ value: @escaping (T) -> Double) -> (
      (UnsafeRawPointer, Int) -> Double
    ) { { value($0.loadUnaligned(fromByteOffset: $1, as: T.self)) } }
    switch tensor.elementType {
    case .float: convert = reader(Float.self) { Double($0) }
    case .double: convert = reader(Double.self) { $0 }
    case .float16: convert = reader(Float16.self) { Double($0) }
    case .bfloat16: convert = reader(UInt16.self) { Double(Float(BFloat16(bitPattern: $0))) }
    case .int8: convert = reader(Int8.self) { Double($0) }
    case .int16: convert = reader(Int16.self) { Double($0) }
    case .int32: convert = reader(Int32.self) { Double($0) }
    case .int64: convert = reader(Int64.self) { Double($0) }
    case .uint8, .bool: convert = reader(UInt8.self) { Double($0) }
    case .uint16: convert = reader(UInt16.self) { Double($0) }
    case .uint32: convert = reader(UInt32.self) { Double($0) }
    case .uint64: convert = reader(UInt64.self) { Double($0) }
    default: return nil
    }
    stride = tensor.elementType.bitWidth / 8
  }

  /// - Parameter range: positions within the tensor.
  func values(_ range: Range<Int>) -> [Double] {
    tensor.withBytes { bytes in
      guard let base = bytes.baseAddress else { return [] }
      if tensor.elementType == .float {
        // The usual case, without a call for each element.
        return range.map { Double(base.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
      }
      return range.map { convert(base, $0 * stride) }
    }
  }
}
