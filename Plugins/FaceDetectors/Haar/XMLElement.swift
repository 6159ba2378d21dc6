import CExpat
import Foundation

/// An element of an XML document: its name, its children or its text.
final class XMLElement {
  let name: String
  /// The attribute `type_id`, where OpenCV says what an object is.
  let type: String?
  fileprivate(set) var children: [XMLElement] = []
  fileprivate var bytes: [UInt8] = []

  fileprivate init(_ name: String, type: String?) {
    self.name = name
    self.type = type
  }

  /// The first child of that name.
  subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

  var text: String {
    String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The words of the text as numbers; `nil` where one of them is none.
  var numbers: [Double]? {
    var result: [Double] = []
    for word in bytes.split(whereSeparator: { $0 <= 0x20 }) {
      guard let value = Double(String(decoding: word, as: UTF8.self)) else { return nil }
      result.append(value)
    }
    return result
  }

  /// The text as a whole number that a size or index can be.
  var integer: Int? {
    guard let numbers, numbers.count == 1 else { return nil }
    return Int(exactly: numbers[0])
  }

  var number: Double? {
    guard let numbers, numbers.count == 1 else { return nil }
    return numbers[0]
  }
}

/// Reads XML through expat, within limits.
enum XMLReader {
  static let maximumBytes = 64 << 20
  private static let maximumDepth = 32
  private static let maximumElements = 4_000_000

  /// Where a parse stands; expat's callbacks get its address.
  private final class State {
    var path: [XMLElement] = []
    var root: XMLElement?
    var elements = 0
    var problem: String?
  }

  /// The outermost element.
  ///
  /// - Throws: `CascadeError` for what is no XML, nests too deeply, has too many elements or entities.
  static func read(_ bytes: [UInt8], path: String) throws(CascadeError) -> XMLElement {
    guard bytes.count <= maximumBytes else {
      throw CascadeError(
        path: path, problem: "has \(bytes.count) bytes; a cascade has at most \(maximumBytes)")
    }
    guard let parser = XML_ParserCreate(nil) else { throw CascadeError(path: path, problem: "no memory") }
    defer { XML_ParserFree(parser) }
    let state = State()
    XML_SetUserData(parser, Unmanaged.passUnretained(state).toOpaque())
    XML_SetElementHandler(parser, { XMLReader.start($0, $1, $2) }, { data, _ in XMLReader.end(data) })
    XML_SetCharacterDataHandler(parser) { XMLReader.text($0, $1, $2) }
    // A document type is where entities come from that grow without end; no cascade has one.
    XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
      XMLReader.state(data)?.problem = "has a document type declaration, as no cascade does"
    }
    var line = 0
    let chunk = 1 << 16
    var isWrong = false
    var offset = 0
    repeat {
      let end = min(bytes.count, offset + chunk)
      let status = bytes[offset..<end].withUnsafeBytes { part in
        XML_Parse(
          parser, part.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(part.count),
          end == bytes.count ? 1 : 0)
      }
      isWrong = status != XML_STATUS_OK
      line = Int(XML_GetCurrentLineNumber(parser))
      offset = end
    } while offset < bytes.count && !isWrong && state.problem == nil
    withExtendedLifetime(state) {}
    if let problem = state.problem { throw CascadeError(path: path, problem: problem) }
    guard !isWrong, let root = state.root else {
      let text = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "no element"
      throw CascadeError(path: path, problem: "is no well-formed XML (line \(line): \(text))")
    }
    return root
  }

  private static func state(_ data: UnsafeMutableRawPointer?) -> State? {
    data.map { Unmanaged<State>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func start(
    _ data: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) {
    guard let state = state(data), state.problem == nil, let name else { return }
    state.elements += 1
    guard state.path.count < maximumDepth else {
      state.problem = "nests more than \(maximumDepth) elements"
      return
    }
    guard state.elements <= maximumElements else {
      state.problem = "has more than \(maximumElements) elements"
      return
    }
    // Pairs of name and value, closed by a null.
    var type: String?
    var index = 0
    while let attributes, let key = attributes[index], let value = attributes[index + 1] {
      if String(cString: key) == "type_id" { type = String(cString: value) }
      index += 2
    }
    let element = XMLElement(String(cString: name), type: type)
    if let parent = state.path.last { parent.children.append(element) } else { state.root = element }
    state.path.append(element)
  }

  private static func end(_ data: UnsafeMutableRawPointer?) {
    guard let state = state(data), state.problem == nil else { return }
    // Text between children is white space.
    if let element = state.path.popLast(), !element.children.isEmpty { element.bytes = [] }
  }

  private static func text(
    _ data: UnsafeMutableRawPointer?, _ text: UnsafePointer<CChar>?, _ count: Int32
  ) {
    guard let state = state(data), state.problem == nil, let text, let element = state.path.last else {
      return
    }
    guard element.children.isEmpty else { return }
    UnsafeRawBufferPointer(start: text, count: Int(count)).withMemoryRebound(to: UInt8.self) {
      element.bytes += $0
    }
  }
}
