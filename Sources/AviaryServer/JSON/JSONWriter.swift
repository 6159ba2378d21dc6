import NIOCore

/// Writes JSON straight into the bytes of an answer: encoders of the library cost more than a small network.
///
/// Members and elements are separated as they come; what is no finite number becomes `null`.
struct JSONWriter {
  private(set) var buffer = ByteBuffer()
  private var needsComma = false

  init(capacity: Int = 512) { buffer.reserveCapacity(capacity) }

  private mutating func separate() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
  }

  mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }
  mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

  private mutating func nest(_ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void)
  {
    separate()
    buffer.writeStaticString(open)
    needsComma = false
    body(&self)
    buffer.writeStaticString(close)
    needsComma = true
  }

  mutating func key(_ name: String) {
    separate()
    quote(name)
    buffer.writeInteger(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func value(_ text: String) {
    separate()
    quote(text)
    needsComma = true
  }

  mutating func value(_ number: Int) { plain("\(number)") }
  mutating func value(_ flag: Bool) { plain(flag ? "true" : "false") }
  mutating func value(_ number: Double) {
    // Coordinates and times: whole numbers without ".0".
    if number.isFinite, let whole = Int32(exactly: number) { return plain("\(whole)") }
    plain(number.isFinite ? "\(number)" : "null")
  }
  mutating func value(_ number: Float) { plain(number.isFinite ? "\(number)" : "null") }
  mutating func null() { plain("null") }

  /// A number or word as it stands.
  mutating func plain(_ text: String) {
    separate()
    buffer.writeString(text)
    needsComma = true
  }

  mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }
  mutating func member(_ name: String, _ number: Int) {
    key(name)
    value(number)
  }
  mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }
  mutating func member(_ name: String, _ number: Float) {
    key(name)
    value(number)
  }
  mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }
  mutating func member(_ name: String, _ texts: [String]) {
    key(name)
    array { for text in texts { $0.value(text) } }
  }
  /// Left out where there is none.
  mutating func member(ifPresent name: String, _ text: String?) { if let text { member(name, text) } }
  mutating func member(ifPresent name: String, _ number: Int?) { if let number { member(name, number) } }
  mutating func member(ifPresent name: String, _ number: Double?) { if let number { member(name, number) } }

  /// RFC 8259, section 7.
  private mutating func quote(_ text: String) {
    buffer.writeInteger(UInt8(ascii: "\""))
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
      buffer.writeString(text)
    } else {
      for byte in text.utf8 { escape(byte) }
    }
    buffer.writeInteger(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: buffer.writeStaticString("\\\"")
    case 0x5C: buffer.writeStaticString("\\\\")
    case 0x0A: buffer.writeStaticString("\\n")
    case 0x0D: buffer.writeStaticString("\\r")
    case 0x09: buffer.writeStaticString("\\t")
    case 0..<0x20:
      let digits = String(byte, radix: 16)
      buffer.writeString("\\u00" + (digits.utf8.count == 1 ? "0" : "") + digits)
    default: buffer.writeInteger(byte)
    }
  }
}
