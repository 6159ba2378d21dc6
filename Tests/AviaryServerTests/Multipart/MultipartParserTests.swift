import Foundation
import TestSupport
import Testing

@testable import AviaryServer

/// Bodies are made by the rules of RFC 2046 and RFC 7578 here; that curl's and Python's are read too is tried
/// by Tests/Peers/server_protocol.py.
@Suite struct MultipartParserTests {
  struct Part: Equatable {
    var headers: [String: String]
    var data: [UInt8]
    var isComplete = false
  }

  /// Puts parts together from events; not inlined, because the optimiser ends in a crash on nested closures here.
  private final class Collector {
    var parts: [Part] = []

    @inline(never) func take(_ event: MultipartParser.Event) {
      switch event {
      case .part(let headers): parts.append(Part(headers: headers, data: []))
      case .data(let bytes): parts[parts.count - 1].data += Array(bytes)
      case .end: parts[parts.count - 1].isComplete = true
      }
    }
  }

  static func parse(_ body: [UInt8], boundary: String, pieces: (Int) -> Int) throws -> [Part] {
    var parser = try MultipartParser(boundary: boundary)
    let collector = Collector()
    var position = 0
    while position < body.count {
      let count = min(max(1, pieces(position)), body.count - position)
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
      defer { piece.deallocate() }
      piece.copyBytes(from: body[position..<position + count])
      try parser.feed(UnsafeRawBufferPointer(piece)) { event throws(MultipartError) in collector.take(event) }
      position += count
    }
    try parser.finish()
    return collector.parts
  }

  static func body(_ parts: [(String, [UInt8])], boundary: String) -> [UInt8] {
    var body: [UInt8] = []
    for (headers, data) in parts {
      body += Array("--\(boundary)\r\n\(headers)\r\n\r\n".utf8) + data + [13, 10]
    }
    return body + Array("--\(boundary)--\r\n".utf8)
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100_000])
  func anyPieces(size: Int) throws {
    // Data that look like boundaries and line ends, but are not.
    let tricky = Array("\r\n--x\r\n--boundar\r\n\r\n--boundar--\r\r\n-".utf8) + [0, 255, 13, 10, 45, 45]
    let body = Self.body(
      [
        (
          "Content-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg",
          tricky
        ),
        ("content-disposition: form-data; name=top", Array("3".utf8)), ("X: y", []),
      ], boundary: "boundary")
    let parts = try Self.parse(body, boundary: "boundary") { _ in size }
    #expect(parts.map(\.data) == [tricky, Array("3".utf8), []])
    #expect(parts[0].headers["content-type"] == "image/jpeg")
    #expect(parts[1].headers["content-disposition"] == "form-data; name=top")
    let areComplete = parts.allSatisfy(\.isComplete)
    #expect(areComplete)
  }

  @Test func randomBytesInRandomPieces() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<200 {
      // Few different bytes, so that pieces of the boundary are common.
      let data = (0..<Int.random(in: 0...400, using: &random)).map { _ in
        Array("\r\n-b".utf8).randomElement(using: &random) ?? 0
      }
      guard !data.contains(Array("\r\n--bb".utf8)) else { continue }
      let body = Self.body([("A: b", data)], boundary: "bb")
      var pieces = random
      let parts = try Self.parse(body, boundary: "bb") { _ in Int.random(in: 1...20, using: &pieces) }
      #expect(parts.map(\.data) == [data])
    }
  }

  @Test func preambleEpilogueAndPadding() throws {
    let body = Array("ignored\r\nlines\r\n--b  \t\r\nA: 1\r\n\r\nx\r\n--b--ignored\r\n--b\r\n".utf8)
    let parts = try Self.parse(body, boundary: "b") { _ in 5 }
    #expect(parts == [Part(headers: ["a": "1"], data: [0x78], isComplete: true)])
  }

  @Test(arguments: [
    "", "--b", "--b\r\n", "--b\r\nA: 1\r\n\r\n", "--b\r\nA: 1\r\n\r\nx\r\n--b",
    "--b\r\nA: 1\r\n\r\nx\r\n--b-",
    "--c\r\nA: 1\r\n\r\nx\r\n--c--",
  ])
  func truncated(text: String) {
    for size in [1, 3, 1000] {
      #expect(throws: MultipartError.self) {
        try Self.parse(Array(text.utf8), boundary: "b") { _ in size }
      }
    }
  }

  @Test(arguments: [
    "--bx\r\n\r\n\r\n--b--", "--b\r\nno colon\r\n\r\n\r\n--b--", "--b\r\n: none\r\n\r\n\r\n--b--",
    "--b\r\nA: 1\r\na: 2\r\n\r\n\r\n--b--",
  ])
  func malformed(text: String) {
    for size in [1, 1000] {
      #expect(throws: MultipartError.self) {
        try Self.parse(Array(text.utf8), boundary: "b") { _ in size }
      }
    }
  }

  @Test func boundsOfHeadersAndParts() {
    let long = Array(
      "--b\r\nA: \(String(repeating: "x", count: MultipartParser.maximumHeaderBytes))\r\n\r\n".utf8)
    #expect(throws: MultipartError.self) { try Self.parse(long, boundary: "b") { _ in 1000 } }
    let many = Self.body((0...MultipartParser.maximumParts).map { ("A: \($0)", []) }, boundary: "b")
    #expect(throws: MultipartError.self) { try Self.parse(many, boundary: "b") { _ in 1000 } }
  }

  @Test(arguments: ["", String(repeating: "a", count: 71), "a\u{7F}", "a ", "ä"])
  func impossibleBoundaries(boundary: String) {
    #expect(throws: MultipartError.self) { try MultipartParser(boundary: boundary) }
  }

  @Test func damagedBodiesNeverTrap() {
    let body = Self.body(
      [("Content-Disposition: form-data; name=\"image\"", [1, 2, 3]), ("A: b", [4])], boundary: "b")
    var mutator = Mutator(body, seed: 3)
    for _ in 0..<Mutator.count(short: 2000) {
      let damaged = mutator.next()
      _ = try? Self.parse(damaged, boundary: "b") { $0 % 9 + 1 }
    }
  }
}

@Suite struct MultipartFormTests {
  static func form(_ parts: [(String, [UInt8])]) throws -> MultipartForm {
    let type = try #require(HeaderValue("multipart/form-data; boundary=\"b b\""))
    var form = try MultipartForm(type)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
    defer { piece.deallocate() }
    for byte in MultipartParserTests.body(parts, boundary: "b b") {
      piece[0] = byte
      try form.feed(UnsafeRawBufferPointer(piece))
    }
    try form.finish()
    return form
  }

  static func field(_ name: String, more: String = "") -> String {
    "Content-Disposition: form-data; name=\"\(name)\"\(more)"
  }

  @Test func fieldsAndPicture() throws {
    let form = try Self.form([
      (Self.field("models"), Array("a,b".utf8)),
      (Self.field("image", more: "; filename=\"../../etc/passwd\""), [1, 2, 3]),
    ])
    #expect(form.image.map { Array($0.readableBytesView) } == [1, 2, 3])
    #expect(form.fields == ["models": "a,b"])
  }

  @Test(arguments: [
    [(field("image"), [1]), (field("image"), [2])], [(field("top"), [0x31]), (field("top"), [0x31])],
    [("A: b", [1])], [(field("top"), [0xFF])],
    [(field("top"), [UInt8](repeating: 0x31, count: MultipartForm.maximumFieldBytes + 1))],
  ])
  func refused(parts: [(String, [UInt8])]) {
    #expect(throws: MultipartError.self) { try Self.form(parts) }
  }
}

@Suite struct HeaderValueTests {
  @Test func parameters() {
    let value = HeaderValue("Form-Data; Name=\"a \\\"b\\\"; c\" ; filename=x.jpg;")
    #expect(value?.name == "form-data")
    #expect(value?.parameters == ["name": "a \"b\"; c", "filename": "x.jpg"])
  }

  @Test(arguments: ["", "; a=b", "a; b", "a; =b", "a; b=\"c", "a; b=\"c\"d"])
  func malformed(text: String) { #expect(HeaderValue(text) == nil) }
}
