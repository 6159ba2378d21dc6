import AviaryCore
import CAviaryPlugin

/// Values for the attributes of an operator that nobody knows.
enum ProbeAttributes {
  /// A small value of each one's kind.
  static func ordinary(_ specs: [ForeignAttributeSpec]) -> [String: AttributeValue] {
    var values: [String: AttributeValue] = [:]
    for spec in specs {
      values[spec.name] =
        switch AviaryKind(spec.kind) {
        case AVIARY_FLOAT: .float(0.5)
        case AVIARY_INT: .int(1)
        case AVIARY_STRING: .string("a")
        case AVIARY_FLOATS: .floats([0.25, 0.5])
        case AVIARY_INTS: .ints([0, 1])
        case AVIARY_STRINGS: .strings(["a", "b"])
        case AVIARY_TENSORS: .tensors([tensor, tensor].compactMap(\.self))
        default: tensor.map { .tensor($0) } ?? .int(0)
        }
    }
    return values
  }

  private static let tensor = try? Tensor([0.5, 1] as [Float])
  private static let empty = try? Tensor([] as [Float])

  /// Values of the right kind that hardly anybody expects.
  static func extreme(_ spec: ForeignAttributeSpec) -> [(String, AttributeValue)] {
    let long = 10_000
    switch AviaryKind(spec.kind) {
    case AVIARY_FLOAT:
      return [
        ("NaN", .float(.nan)), ("infinite", .float(.infinity)), ("0", .float(0)), ("-1e38", .float(-1e38)),
      ]
    case AVIARY_INT:
      return [("0", .int(0)), ("-1", .int(-1)), ("the least", .int(.min)), ("the greatest", .int(.max))]
    case AVIARY_STRING:
      return [
        ("empty", .string("")), ("long", .string(String(repeating: "x", count: long))),
        ("an emoji", .string("\u{1F426}")),
      ]
    case AVIARY_FLOATS:
      return [
        ("empty", .floats([])), ("one NaN", .floats([.nan])),
        ("long", .floats([Float](repeating: 1, count: long))),
      ]
    case AVIARY_INTS:
      return [
        ("empty", .ints([])), ("extreme", .ints([.min, .max, 0])),
        ("long", .ints([Int64](repeating: 1, count: long))),
      ]
    case AVIARY_STRINGS: return [("empty", .strings([])), ("one empty text", .strings([""]))]
    case AVIARY_TENSOR: return empty.map { [("empty", .tensor($0))] } ?? []
    default: return [("empty", .tensors([]))]
    }
  }
}

/// Input for an operator that nobody knows.
struct ProbeTensors {
  let name: String
  private let type: ElementType
  /// Of the inputs, in turn.
  private let shapes: [[Int]]
  private let fill: @Sendable (Int) -> Float

  private init(
    _ type: ElementType, _ shapes: [[Int]], _ name: String = "", fill: @escaping @Sendable (Int) -> Float
  ) {
    self.type = type
    self.shapes = shapes
    self.fill = fill
    let extents = shapes.map { dims in
      if dims.isEmpty { return "scalar" }
      return dims.count > 8 ? "\(dims.count) axes" : dims.map(String.init).joined(separator: "x")
    }
    self.name = "\(type.name) \(extents.joined(separator: " and "))" + (name.isEmpty ? "" : ", \(name)")
  }

  private static let ramp: @Sendable (Int) -> Float = { Float($0 % 17) / 4 - 1 }

  /// What most operators take one of.
  static let ordinary: [ProbeTensors] = [
    .init(.float, [[2, 3]], fill: ramp), .init(.float, [[6]], fill: ramp),
    .init(.float, [[1, 3, 8, 8]], fill: ramp), .init(.float, [[]], fill: ramp),
    .init(.float, [[2, 3], [3]], fill: ramp), .init(.float, [[2, 3], [3, 4]], fill: ramp),
    .init(.int64, [[2, 3]]) { Float($0 % 3) }, .init(.uint8, [[8, 8, 3]]) { Float($0 % 256) },
  ]

  /// What a model, or somebody who means harm, can give as well.
  static let extreme: [ProbeTensors] =
    [
      .init(.float, [[0, 3]], fill: ramp), .init(.float, [[0]], fill: ramp),
      .init(.float, [[2, 3], [5, 7, 1]], fill: ramp), .init(.float, [[1], [4096]], fill: ramp),
      .init(.float, [[4096], [1]], fill: ramp), .init(.float, [[2, 0, 3], [0]], fill: ramp),
      .init(.float, [[Int](repeating: 1, count: 64)], fill: ramp),
      .init(.float, [[2, 3]], "NaN") { _ in .nan }, .init(.float, [[2, 3]], "infinite") { _ in .infinity },
      .init(.float, [[2, 3]], "negative zero") { _ in -0.0 },
    ]
    + ElementType.allCases.filter { $0 != .string && $0 != .float }.map { .init($0, [[2, 3]]) { Float($0) } }

  /// - Throws: `CallFailure.resource` where there is no memory.
  func tensors(_ count: Int) throws(CallFailure) -> [Tensor] {
    do throws(TensorError) {
      var tensors: [Tensor] = []
      for index in 0..<count { tensors.append(try tensor(shapes[index % shapes.count])) }
      return tensors
    } catch { throw .resource(error.description) }
  }

  private func tensor(_ dims: [Int]) throws(TensorError) -> Tensor {
    try Tensor(elementType: type, shape: try Shape(dims)) { bytes in
      switch type {
      case .float:
        let values = bytes.bindMemory(to: Float.self)
        for index in values.indices { values[index] = fill(index) }
      case .int64:
        let values = bytes.bindMemory(to: Int64.self)
        for index in values.indices { values[index] = Int64(fill(index)) }
      default:
        // Any bytes will do where the type is a surprise; ones are a valid bool too.
        for index in bytes.indices { bytes[index] = type == .uint8 ? UInt8(fill(index)) : 1 }
      }
    }
  }
}
