import NIOCore

/// The fields of a form that carries one picture.
struct MultipartForm {
  private(set) var image: ByteBuffer?
  /// Everything else: short texts by name.
  private(set) var fields: [String: String] = [:]

  static let imageField = "image"
  static let maximumFieldBytes = 4 << 10

  private var parser: MultipartParser
  private var current: (name: String, data: ByteBuffer)?

  /// - Throws: `MultipartError` where the type names no boundary, or an impossible one.
  init(_ type: HeaderValue) throws(MultipartError) {
    guard let boundary = type.parameters["boundary"] else {
      throw MultipartError("the Content-Type has no boundary")
    }
    parser = try MultipartParser(boundary: boundary)
  }

  /// Takes the next bytes of the body.
  ///
  /// - Throws: `MultipartError`.
  mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(MultipartError) {
    // The parser calls back while it is being changed itself; the rest of the form may be.
    var parser = parser
    try parser.feed(bytes) { event throws(MultipartError) in try take(event) }
    self.parser = parser
  }

  /// - Throws: `MultipartError` where the body is not complete.
  func finish() throws(MultipartError) { try parser.finish() }

  private mutating func take(_ event: MultipartParser.Event) throws(MultipartError) {
    switch event {
    case .part(let headers): current = (try name(headers), ByteBuffer())
    case .data(let bytes):
      guard let name = current?.name else { return }
      if name != Self.imageField,
        bytes.count > Self.maximumFieldBytes - (current?.data.readableBytes ?? 0)
      {
        throw MultipartError("the field '\(name.prefix(40))' is longer than \(Self.maximumFieldBytes) bytes")
      }
      current?.data.writeBytes(bytes)
    case .end:
      guard let (name, data) = current else { return }
      current = nil
      if name == Self.imageField {
        guard image == nil else { throw MultipartError("there is more than one picture; send one a request") }
        image = data
        return
      }
      guard fields[name] == nil else { throw MultipartError("the field '\(name.prefix(40))' is there twice") }
      guard let text = String(validating: data.readableBytesView, as: UTF8.self) else {
        throw MultipartError("the field '\(name.prefix(40))' is not UTF-8")
      }
      fields[name] = text
    }
  }

  private func name(_ headers: [String: String]) throws(MultipartError) -> String {
    guard let text = headers["content-disposition"], let value = HeaderValue(text), value.name == "form-data",
      let name = value.parameters["name"]
    else { throw MultipartError("a part has no Content-Disposition with a name") }
    return name
  }
}
