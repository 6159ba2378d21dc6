import CONNX

// Reading what protobuf-c parsed. Unsafe because: a repeated field is a pointer to as many elements as its
// count says, a text field a pointer to a C string or none; protobuf-c guarantees both, and the scanner has
// checked that text is UTF-8 without NUL.

/// A text field; empty where the message does not have it.
func text(_ field: UnsafeMutablePointer<CChar>?) -> String {
  field.map { String(cString: $0) } ?? ""
}

/// A repeated text field.
func texts(_ count: Int, _ fields: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> [String] {
  guard let fields else { return [] }
  return (0..<count).map { text(fields[$0]) }
}

/// A repeated message field.
func list<T>(_ count: Int, _ field: UnsafeMutablePointer<UnsafeMutablePointer<T>?>?) -> [UnsafeMutablePointer<T>] {
  guard let field else { return [] }
  return (0..<count).compactMap { field[$0] }
}

/// A repeated field of numbers.
func numbers<T>(_ count: Int, _ field: UnsafeMutablePointer<T>?) -> [T] {
  Array(UnsafeBufferPointer(start: field, count: field == nil ? 0 : count))
}

/// The extents of a tensor.
func dims(_ count: Int, _ field: UnsafeMutablePointer<Int64>?) -> [Int] {
  numbers(count, field).map { Int($0) }
}

/// Pairs of text.
func entries(
  _ count: Int, _ field: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
) -> [(key: String, value: String)] {
  list(count, field).map { (text($0.pointee.key), text($0.pointee.value)) }
}

/// A bytes field as text; `nil` where it is not UTF-8.
func text(_ field: ProtobufCBinaryData) -> String? {
  String(validating: UnsafeBufferPointer(start: field.data, count: field.data == nil ? 0 : field.len), as: UTF8.self)
}
