/// The type of a tensor's elements: every `TensorProto.DataType` of ONNX IR version 14.
///
/// Raw values are the specification's enum numbers; names are its names in lower case.
public enum ElementType: Int32, Sendable, Hashable, CaseIterable {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case string = 8
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case complex64 = 14
  case complex128 = 15
  case bfloat16 = 16
  case float8e4m3fn = 17
  case float8e4m3fnuz = 18
  case float8e5m2 = 19
  case float8e5m2fnuz = 20
  case uint4 = 21
  case int4 = 22
  case float4e2m1 = 23
  case float8e8m0 = 24
  case uint2 = 25
  case int2 = 26
  case float6e2m3 = 27
  case float6e3m2 = 28

  /// Bits per element as stored; 0 for `string`, whose elements have no fixed size.
  public var bitWidth: Int {
    switch self {
    case .string: 0
    case .uint2, .int2: 2
    case .uint4, .int4, .float4e2m1: 4
    case .float6e2m3, .float6e3m2: 6
    case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float8e8m0:
      8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float, .int32, .uint32: 32
    case .int64, .uint64, .double, .complex64: 64
    case .complex128: 128
    }
  }

  /// Whether elements share bytes (the 6-, 4- and 2-bit types): a stream of bits, low bits first.
  public var isPacked: Bool { bitWidth > 0 && bitWidth < 8 }

  /// Signed and unsigned integers of any width, without `bool`.
  public var isInteger: Bool {
    switch self {
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64, .uint4, .int4, .uint2,
      .int2:
      true
    default: false
    }
  }

  /// Floating point of any width, without the complex types.
  public var isFloatingPoint: Bool {
    switch self {
    case .float, .double, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .float4e2m1, .float8e8m0, .float6e2m3, .float6e3m2:
      true
    default: false
    }
  }

  /// Bytes that `count` elements occupy, the last byte padded for packed types; 0 for `string`.
  /// `nil` where `count` is negative or the size does not fit an `Int`.
  public func byteCount(of count: Int) -> Int? {
    guard count >= 0 else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: bitWidth)
    guard !overflow, bits <= Int.max - 7 else { return nil }
    return (bits + 7) / 8
  }
}

extension ElementType {
  /// The specification's name in lower case: `float`, `uint8`, `float8e4m3fn`.
  public var name: String { "\(self)" }

  /// The type with that name (`float`, `int64`), if there is one.
  public init?(name: String) {
    guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = type
  }
}
