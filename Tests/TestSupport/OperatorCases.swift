import AviaryCore
import Foundation

/// One operator application with the outputs that a peer computed, from a golden file.
public struct OperatorCase: Decodable, Sendable, CustomStringConvertible {
  public let name: String
  public let `operator`: String
  /// The default domain where the file names none.
  public let domain: String?
  public let opset: Int
  /// Allowed difference, relative to the larger of 1 and the magnitude; 0 asks for equality.
  public let tolerance: Double
  public let attributes: [String: GoldenAttribute]
  public let inputs: [GoldenTensor?]
  public let outputs: [GoldenTensor]
  /// Whether the operator must refuse the inputs; `outputs` is empty then.
  public let fails: Bool?
  public let outputCount: Int?

  public var description: String { name }

  /// The cases of a JSON file of the repository.
  ///
  /// - Parameter path: relative to the repository's root.
  public static func load(_ path: String) throws -> [OperatorCase] {
    struct File: Decodable { let cases: [OperatorCase] }
    let data = try Data(contentsOf: Locations.root.appendingPathComponent(path))
    return try JSONDecoder().decode(File.self, from: data).cases
  }

  /// Runs the case. Returns what differs from the expectation, one line each; empty where nothing does.
  ///
  /// - Parameters:
  ///   - constants: inputs that the operator may prepare.
  ///   - parallel: what runs its loops.
  public func differences(
    _ registry: OperatorRegistry, constants: Set<Int> = [], parallel: any Parallel = Serial()
  ) throws -> [String] {
    guard let type = registry.type(for: OperatorID(`operator`, domain: domain ?? ""), opset: opset) else {
      return ["\(`operator`) is not registered for opset \(opset)"]
    }
    let tensors = try inputs.map { try $0?.tensor() }
    let values = try attributes.mapValues { try $0.value() }
    if fails == true {
      do {
        _ = try runOperator(
          type, tensors, attributes: values, opset: opset, outputs: outputCount ?? 1, constants: constants,
          parallel: parallel)
        return ["it was accepted"]
      } catch is OperatorError {
        return []
      } catch is ImportError {
        return []
      }
    }
    let results = try runOperator(
      type, tensors, attributes: values, opset: opset, outputs: outputs.count, constants: constants,
      parallel: parallel)
    return try zip(outputs, results).enumerated().flatMap { index, pair in
      guard let tensor = pair.1?.tensor else { return ["output \(index) is missing"] }
      return try pair.0.differences(tensor, tolerance: tolerance).map { "output \(index): \($0)" }
    }
  }
}

/// A number, string or truth value of a golden file. Infinities and NaN are strings there.
public enum GoldenScalar: Decodable, Sendable {
  case int(Int64)
  case large(UInt64)
  case float(Double)
  case string(String)
  case bool(Bool)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let bool = try? container.decode(Bool.self) {
      self = .bool(bool)
    } else if let int = try? container.decode(Int64.self) {
      // JSON's -0.0 decodes as the integer 0 too.
      let float = int == 0 ? try? container.decode(Double.self) : nil
      self = float?.sign == .minus ? .float(-0.0) : .int(int)
    } else if let int = try? container.decode(UInt64.self) {
      self = .large(int)
    } else if let float = try? container.decode(Double.self) {
      self = .float(float)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  var double: Double {
    switch self {
    case .int(let int): Double(int)
    case .large(let int): Double(int)
    case .float(let float): float
    case .bool(let bool): bool ? 1 : 0
    case .string(let string): Double(string) ?? .nan
    }
  }

  var int: Int64 {
    switch self {
    case .int(let int): int
    case .large(let int): Int64(bitPattern: int)
    case .float(let float): Int64(exactly: float) ?? 0
    case .bool(let bool): bool ? 1 : 0
    case .string: 0
    }
  }

  var string: String { if case .string(let string) = self { string } else { "\(self)" } }
}

/// A tensor of a golden file.
public struct GoldenTensor: Decodable, Sendable {
  public let type: String
  public let shape: [Int]
  public let values: [GoldenScalar]

  private enum CodingKeys: CodingKey { case type, shape, values }

  /// Numbers are read as what the type says: trying one kind after the other throws an error for each that does not
  /// fit, and of an error thrown in a test the stack is kept.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    shape = try container.decode([Int].self, forKey: .shape)
    var list = try container.nestedUnkeyedContainer(forKey: .values)
    let isReal = ["float", "double", "float16", "bfloat16"].contains(type)
    let isWhole = !isReal && type != "string" && type != "bool" && type != "uint64"
    var values: [GoldenScalar] = []
    values.reserveCapacity(list.count ?? 0)
    while !list.isAtEnd {
      if isReal, let value = try? list.decode(Double.self) {
        values.append(.float(value))
      } else if isWhole, let value = try? list.decode(Int64.self) {
        values.append(.int(value))
      } else {
        values.append(try list.decode(GoldenScalar.self))
      }
    }
    self.values = values
  }

  public func tensor() throws -> Tensor {
    let shape = try Shape(shape)
    switch ElementType(name: type) {
    case .float: return try Tensor(values.map { Float($0.double) }, shape: shape)
    case .double: return try Tensor(values.map(\.double), shape: shape)
    case .float16: return try Tensor(values.map { Float16($0.double) }, shape: shape)
    case .bfloat16: return try Tensor(values.map { BFloat16(Float($0.double)) }, shape: shape)
    case .int8: return try Tensor(values.map { Int8(truncatingIfNeeded: $0.int) }, shape: shape)
    case .int16: return try Tensor(values.map { Int16(truncatingIfNeeded: $0.int) }, shape: shape)
    case .int32: return try Tensor(values.map { Int32(truncatingIfNeeded: $0.int) }, shape: shape)
    case .int64: return try Tensor(values.map(\.int), shape: shape)
    case .uint8: return try Tensor(values.map { UInt8(truncatingIfNeeded: $0.int) }, shape: shape)
    case .uint16: return try Tensor(values.map { UInt16(truncatingIfNeeded: $0.int) }, shape: shape)
    case .uint32: return try Tensor(values.map { UInt32(truncatingIfNeeded: $0.int) }, shape: shape)
    case .uint64: return try Tensor(values.map { UInt64(truncatingIfNeeded: $0.int) }, shape: shape)
    case .bool: return try Tensor(values.map { $0.int != 0 }, shape: shape)
    case .string: return try Tensor(strings: values.map(\.string), shape: shape)
    case .int4?, .uint4?, .int2?, .uint2?, .float4e2m1?, .float6e2m3?, .float6e3m2?, .float8e4m3fn?, .float8e4m3fnuz?, .float8e5m2?,
      .float8e5m2fnuz?, .float8e8m0?:
      return try coded(shape)
    default: throw HarnessError(description: "golden files hold no \(type)")
    }
  }

  /// Narrow types from their bits, which `values` holds, several to a byte where they are packed.
  private func coded(_ shape: Shape) throws -> Tensor {
    guard let elementType = ElementType(name: type) else { throw HarnessError(description: type) }
    let width = elementType.bitWidth
    return try Tensor(elementType: elementType, shape: shape) { bytes in
      for i in bytes.indices { bytes[i] = 0 }
      for (i, value) in values.enumerated() {
        let bits = UInt8(truncatingIfNeeded: value.int) & UInt8(truncatingIfNeeded: 1 << width - 1)
        let word = UInt16(bits) << UInt16(i * width % 8)
        bytes[i * width / 8] |= UInt8(truncatingIfNeeded: word)
        if word > 0xFF { bytes[i * width / 8 + 1] |= UInt8(truncatingIfNeeded: word >> 8) }
      }
    }
  }

  /// What differs between this and a computed tensor; at most a few lines.
  public func differences(_ found: Tensor, tolerance: Double) throws -> [String] {
    guard found.elementType.name == type else { return ["type \(found.elementType.name), expected \(type)"] }
    guard found.shape.dims == shape else { return ["shape \(found.shape.dims), expected \(shape)"] }
    let expected = try tensor()
    if found.elementType == .string {
      let (a, b) = (try found.strings(), try expected.strings())
      return a == b ? [] : ["strings \(a), expected \(b)"]
    }
    if !found.elementType.isFloatingPoint || found.elementType.bitWidth <= 8 {
      let equal = found.withBytes { a in expected.withBytes { b in a.elementsEqual(b) } }
      if equal { return [] }
      if found.elementType.isPacked || found.elementType.isFloatingPoint {
        return ["bytes \(found.withBytes(Array.init)), expected \(expected.withBytes(Array.init))"]
      }
      let (a, b) = (try found.integers(), try expected.integers())
      return zip(a, b).enumerated().filter { $0.element.0 != $0.element.1 }.prefix(3)
        .map { "at \($0.offset): \($0.element.0), expected \($0.element.1)" }
    }
    let (a, b) = (try doubles(found), try doubles(expected))
    return zip(a, b).enumerated().filter { !Self.close($0.element.0, $0.element.1, tolerance) }.prefix(3)
      .map { "at \($0.offset): \($0.element.0), expected \($0.element.1)" }
  }

  private static func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b))
  }

  private func doubles(_ tensor: Tensor) throws -> [Double] {
    switch tensor.elementType {
    case .float: try tensor.array(of: Float.self).map { Double($0) }
    case .double: try tensor.array(of: Double.self)
    case .float16: try tensor.array(of: Float16.self).map { Double($0) }
    default: try tensor.array(of: BFloat16.self).map { Double(Float($0)) }
    }
  }
}

/// An attribute of a golden file: one of these is set.
public struct GoldenAttribute: Decodable, Sendable {
  let int: Int64?
  let float: GoldenScalar?
  let string: String?
  let ints: [Int64]?
  let floats: [GoldenScalar]?
  let strings: [String]?
  let tensor: GoldenTensor?

  public func value() throws -> AttributeValue {
    if let int { return .int(int) }
    if let float { return .float(Float(float.double)) }
    if let string { return .string(string) }
    if let ints { return .ints(ints) }
    if let floats { return .floats(floats.map { Float($0.double) }) }
    if let strings { return .strings(strings) }
    if let tensor { return .tensor(try tensor.tensor()) }
    throw HarnessError(description: "the attribute has no value")
  }
}
