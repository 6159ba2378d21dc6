/// Reads JSON (RFC 8259) of strangers: depth and size are bounded, numbers stay exact, nothing is repaired.
///
/// The library's reader makes an object of every number and loses 64-bit integers; tensors have millions.
struct JSONReader {
  /// Why bytes are not JSON that is read.
  struct Problem: Error, Equatable {
    let offset: Int
    let text: String
    var description: String { "not valid JSON at byte \(offset): \(text)" }
  }

  static let maximumDepth = 64

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// - Throws: `Problem`.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> JSONNode {
    var reader = JSONReader(bytes)
    let node = try reader.node(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.problem("something follows the value") }
    return node
  }

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func problem(_ text: String) -> Problem { Problem(offset: position, text: text) }
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func node(depth: Int) throws(Problem) -> JSONNode {
    guard depth < Self.maximumDepth else { throw problem("nested more than \(Self.maximumDepth) deep") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"): return try number()
    case nil: throw problem("it ends early")
    case let byte? where byte &- 0x30 < 10: return try number()
    default: throw problem("no value begins like this")
    }
  }

  private mutating func word(_ text: StaticString, _ node: JSONNode) throws(Problem) -> JSONNode {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count,
      (0..<count).allSatisfy({ bytes[position + $0] == text.utf8Start[$0] })
    else { throw problem("no value begins like this") }
    position += count
    return node
  }

  private mutating func object(_ depth: Int) throws(Problem) -> JSONNode {
    position += 1
    var members: [String: JSONNode] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw problem("a member's name is missing") }
      let name = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw problem("a colon is missing") }
      let value = try node(depth: depth + 1)
      guard members.updateValue(value, forKey: name) == nil else {
        throw problem("the member '\(name.prefix(40))' stands there twice")
      }
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw problem("a comma or } is missing") }
      return .object(members)
    }
  }

  private mutating func array(_ depth: Int) throws(Problem) -> JSONNode {
    position += 1
    var elements: [JSONNode] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try node(depth: depth + 1))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw problem("a comma or ] is missing") }
      return .array(elements)
    }
  }

  private mutating func number() throws(Problem) -> JSONNode {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    var magnitude: UInt64 = 0
    var overflows = false
    let digits = position
    while let byte = next, byte &- 0x30 < 10 {
      let (product, over) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, over2) = product.addingReportingOverflow(UInt64(byte - 0x30))
      overflows = overflows || over || over2
      magnitude = sum
      position += 1
    }
    guard position > digits else { throw problem("a digit is missing") }
    guard position == digits + 1 || bytes[digits] != 0x30 else { throw problem("a number begins with 0") }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try requireDigits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try requireDigits()
    }
    if isWhole, !overflows {
      if !isNegative {
        return magnitude <= UInt64(Int64.max) ? .integer(Int64(magnitude)) : .unsigned(magnitude)
      }
      if magnitude <= UInt64(Int64.max) + 1 { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
    }
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    guard let value = Double(text) else { throw problem("a number cannot be read") }
    return .real(value)
  }

  private mutating func requireDigits() throws(Problem) {
    let start = position
    while let byte = next, byte &- 0x30 < 10 { position += 1 }
    guard position > start else { throw problem("a digit is missing") }
  }

  // MARK: Strings

  private mutating func string() throws(Problem) -> String {
    position += 1
    let start = position
    // Most strings, base64 among them, have no escapes and are taken as one piece.
    while let byte = next, byte != 0x22, byte != 0x5C {
      guard byte >= 0x20 else { throw problem("a control character stands in a string") }
      position += 1
    }
    if next == 0x22 {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
      position += 1
      guard let text = String(validating: piece, as: UTF8.self) else {
        throw problem("a string is not UTF-8")
      }
      return text
    }
    var units = Array(bytes[start..<position])
    while let byte = next {
      position += 1
      switch byte {
      case 0x22:
        guard let text = String(validating: units, as: UTF8.self) else {
          throw problem("a string is not UTF-8")
        }
        return text
      case 0x5C: units += try escape()
      case 0..<0x20: throw problem("a control character stands in a string")
      default: units.append(byte)
      }
    }
    throw problem("a string does not end")
  }

  /// The bytes that an escape stands for, the backslash being read.
  private mutating func escape() throws(Problem) -> [UInt8] {
    guard let byte = next else { throw problem("a string does not end") }
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var unit = try hexadecimal()
      if 0xD800..<0xDC00 ~= unit {
        guard take(0x5C), take(UInt8(ascii: "u")) else { throw problem("half a surrogate pair") }
        let low = try hexadecimal()
        guard 0xDC00..<0xE000 ~= low else { throw problem("half a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw problem("half a surrogate pair") }
      return Array(String(scalar).utf8)
    default: throw problem("there is no such escape")
    }
  }

  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw problem("four hexadecimal digits are missing")
      }
      position += 1
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
