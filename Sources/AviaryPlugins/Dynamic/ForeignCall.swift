import AviaryZoo
import CAviaryPlugin
import Foundation

/// Why a call of a plugin's function gave nothing that can be used.
enum CallFailure: Error, Equatable {
  /// The plugin said no, and why.
  case refused(status: Int32, String)
  /// The plugin answered what the interface does not allow.
  case broken(String)
  /// The host has no memory for what the plugin wants.
  case resource(String)
}

extension CallFailure: CustomStringConvertible {
  var description: String {
    switch self {
    case .refused(_, let text), .resource(let text): text
    case .broken(let text): "the plugin breaks its contract: \(text)"
    }
  }
}

/// Calls a function of a plugin with a buffer for its message.
///
/// - Parameter what: how the function is called in messages.
/// - Throws: `CallFailure` for any status but `AVIARY_OK`.
func foreignCall(_ what: String, _ body: (UnsafePointer<AviaryMessage>) -> Int32) throws(CallFailure) {
  let capacity = 1024
  let guardBytes = 16
  let guardValue: UInt8 = 0xA5
  let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity + guardBytes)
  defer { buffer.deallocate() }
  buffer.update(repeating: 0, count: capacity)
  let end = UnsafeMutableRawPointer(buffer + capacity).bindMemory(to: UInt8.self, capacity: guardBytes)
  end.update(repeating: guardValue, count: guardBytes)
  var message = AviaryMessage()
  message.size = foreignSize(AviaryMessage.self)
  message.abi = UInt32(AVIARY_ABI)
  message.text = buffer
  message.capacity = capacity
  let status = withUnsafePointer(to: message, body)
  guard (0..<guardBytes).allSatisfy({ end[$0] == guardValue }) else {
    throw .broken("\(what) wrote beyond the \(capacity) bytes that its message may have")
  }
  guard status != AVIARY_OK.rawValue else { return }
  // Whatever the bytes are, they become text: a message is not worth a second error.
  let bytes = UnsafeRawBufferPointer(start: buffer, count: strnlen(buffer, capacity))
  let text = foreignMessage(String(decoding: bytes, as: UTF8.self))
  let failures = [AVIARY_INVALID, AVIARY_UNSUPPORTED, AVIARY_RESOURCE].map { Int32($0.rawValue) }
  guard failures.contains(status) else {
    throw .broken("\(what) returned the status \(status), which is none" + (text.isEmpty ? "" : " (\(text))"))
  }
  throw .refused(status: status, text.isEmpty ? "\(what) failed without a message" : text)
}

/// A plugin's message as one line of some length: whatever it holds, it must not drown what the host says.
///
/// Bytes that are no text become one mark each run, white space one space, what would steer a terminal its code.
func foreignMessage(_ text: String) -> String {
  let longest = 300
  var line = ""
  var last: Character?
  // A scalar's code is longer than the scalar: the limit holds for what is shown.
  for character in text.lazy.map({ $0.isWhitespace ? " " : $0 }) {
    if character == last, character == " " || character == "\u{FFFD}" { continue }
    last = character
    line += String(character).printable
    guard line.count <= longest else { return line.prefix(longest) + "..." }
  }
  return line.trimmingCharacters(in: .whitespaces)
}

/// The `size` member of a struct that the host fills in.
func foreignSize<T>(_ type: T.Type) -> UInt32 { UInt32(MemoryLayout<T>.stride) }

/// Text that a plugin handed out.
///
/// - Throws: `CallFailure.broken` for NULL, bytes that are not UTF-8, and text without an end in sight.
func foreignText(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(CallFailure) -> String {
  guard let pointer else { throw .broken("\(what) is NULL") }
  let limit = Int(AVIARY_MAX_TEXT)
  let count = strnlen(pointer, limit + 1)
  guard count <= limit else { throw .broken("\(what) has no end within \(limit) bytes") }
  let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
  guard let text = String(validating: bytes, as: UTF8.self) else { throw .broken("\(what) is not UTF-8") }
  return text
}

/// A struct that a plugin handed out, whose first members are its size and the ABI number.
///
/// - Throws: `CallFailure.broken` for NULL, another ABI number, and a struct that ends too early.
func foreignTable<T>(_ pointer: UnsafePointer<T>?, _ what: String) throws(CallFailure) -> T {
  guard let pointer else { throw .broken("\(what) is NULL") }
  guard Int(bitPattern: pointer) % MemoryLayout<T>.alignment == 0 else {
    throw .broken("\(what) is at an address that no such struct can have")
  }
  let raw = UnsafeRawPointer(pointer)
  let (size, abi) = (raw.load(as: UInt32.self), raw.load(fromByteOffset: 4, as: UInt32.self))
  guard abi == UInt32(AVIARY_ABI) else { throw .broken("\(what) is of ABI \(abi), not \(AVIARY_ABI)") }
  guard size >= foreignSize(T.self) else {
    throw .broken("\(what) has \(size) bytes, fewer than the \(foreignSize(T.self)) of ABI \(AVIARY_ABI)")
  }
  return pointer.pointee
}

/// The structs behind an array of pointers to them.
///
/// - Throws: `CallFailure.broken` for an absurd count, a NULL array or a bad entry.
func foreignTables<T>(
  _ array: UnsafePointer<UnsafePointer<T>?>?, count: Int32, _ what: String
) throws(CallFailure) -> [T] {
  guard (0...4096).contains(count) else { throw .broken("the number of \(what)s is \(count)") }
  guard count > 0 else { return [] }
  guard let array else { throw .broken("there are \(count) \(what)s at NULL") }
  var tables: [T] = []
  for index in 0..<Int(count) { tables.append(try foreignTable(array[index], "\(what) \(index)")) }
  return tables
}

/// - Throws: `CallFailure.broken` naming the functions that are missing.
func requireCallbacks(_ callbacks: KeyValuePairs<String, Bool>, _ what: String) throws(CallFailure) {
  let missing = callbacks.filter { !$0.value }.map(\.key)
  guard missing.isEmpty else {
    throw .broken("\(what) has no function \(missing.map { "'\($0)'" }.joined(separator: ", "))")
  }
}
