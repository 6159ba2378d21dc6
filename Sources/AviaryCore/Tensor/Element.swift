/// A Swift type that stands for one ONNX element type, one value a memory cell.
///
/// The packed types (4-bit, 2-bit), the 8-bit floats and `string` have no such type: their tensors are
/// read as bytes or strings.
public protocol Element: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension Float: Element { public static var elementType: ElementType { .float } }
extension Double: Element { public static var elementType: ElementType { .double } }
extension Float16: Element { public static var elementType: ElementType { .float16 } }
extension BFloat16: Element { public static var elementType: ElementType { .bfloat16 } }
extension Int8: Element { public static var elementType: ElementType { .int8 } }
extension Int16: Element { public static var elementType: ElementType { .int16 } }
extension Int32: Element { public static var elementType: ElementType { .int32 } }
extension Int64: Element { public static var elementType: ElementType { .int64 } }
extension UInt8: Element { public static var elementType: ElementType { .uint8 } }
extension UInt16: Element { public static var elementType: ElementType { .uint16 } }
extension UInt32: Element { public static var elementType: ElementType { .uint32 } }
extension UInt64: Element { public static var elementType: ElementType { .uint64 } }
extension Bool: Element { public static var elementType: ElementType { .bool } }
