import Foundation
import NIOCore
import TestSupport
import Testing

@testable import AviaryServer

@Suite struct JSONReaderTests {
  static func read(_ text: String) throws -> JSONNode { try read(Array(text.utf8)) }
  static func read(_ bytes: [UInt8]) throws -> JSONNode {
    try bytes.withUnsafeBytes { buffer throws(JSONReader.Problem) in try JSONReader.read(buffer) }
  }

  @Test(arguments: [
    ("null", JSONNode.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775807", .integer(.max)),
    ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
    ("18446744073709551616", .real(18_446_744_073_709_551_616)), ("-0.5e-3", .real(-0.0005)),
    ("1E+2", .real(100)), ("\"a\\n\\u00e9\\ud83d\\ude00/\\/\"", .string("a\né😀//")), ("[]", .array([])),
    ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])), ("{}", .object([:])),
    ("{\"a\":{\"b\":null}}", .object(["a": .object(["b": .null])])),
  ])
  func values(text: String, expected: JSONNode) throws { #expect(try Self.read(text) == expected) }

  @Test(arguments: [
    "", " ", "nul", "tru", "01", "-", "1.", ".5", "1e", "+1", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}",
    "{a:1}",
    "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 1",
    "{\"a\":1,\"a\":2}", "NaN", "Infinity", "[", "{", "'a'",
  ])
  func refused(text: String) {
    #expect(throws: JSONReader.Problem.self) { try Self.read(text) }
  }

  @Test func bytesThatAreNoUTF8() {
    #expect(throws: JSONReader.Problem.self) { try Self.read([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONReader.Problem.self) { try Self.read([0x22, 0x5C, 0x6E, 0xC0, 0x22]) }
  }

  @Test func depthIsBounded() throws {
    let deep = JSONReader.maximumDepth
    _ = try Self.read(String(repeating: "[", count: deep - 1) + "1" + String(repeating: "]", count: deep - 1))
    #expect(throws: JSONReader.Problem.self) { try Self.read(String(repeating: "[", count: 1_000_000)) }
  }

  /// Foundation's reader is the truth for what it can hold.
  @Test func likeFoundation() throws {
    let text = """
      {"a": [1, -2, 3.25, 1e-7, true, null, "x\\ty"], "ü": {"empty": [], "deep": [[[0.1]]]}, "z": 123456789012}
      """
    let ours = try Self.read(text)
    let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(Self.equal(ours, theirs))
  }

  private static func equal(_ node: JSONNode, _ value: Any) -> Bool {
    switch node {
    case .null: value is NSNull
    case .bool(let flag): (value as? Bool) == flag
    case .integer, .unsigned, .real: (value as? NSNumber)?.doubleValue == node.real
    case .string(let text): (value as? String) == text
    case .array(let nodes):
      (value as? [Any]).map { $0.count == nodes.count && zip(nodes, $0).allSatisfy(equal) } ?? false
    case .object(let members):
      (value as? [String: Any]).map { other in
        other.count == members.count
          && members.allSatisfy { key, node in other[key].map { equal(node, $0) } ?? false }
      } ?? false
    }
  }

  @Test func damagedTextNeverTraps() {
    var mutator = Mutator(
      Array("{\"a\":[1,2.5e3,\"\\u00e9\",{\"b\":[true,null]}],\"c\":\"\\ud83d\\ude00\"}".utf8), seed: 5)
    for _ in 0..<Mutator.count(short: 5000) { _ = try? Self.read(mutator.next()) }
  }
}

@Suite struct JSONWriterTests {
  @Test func whatIsWrittenIsRead() throws {
    var json = JSONWriter()
    json.object { json in
      json.member("text", "a\"\\\n\u{1}é😀")
      json.member("whole", 3.0)
      json.member("half", 0.5)
      json.member("small", Float(1e-7))
      json.member("none", Double.nan)
      json.member(ifPresent: "absent", String?.none)
      json.key("list")
      json.array { json in
        json.value(1)
        json.value(true)
        json.object { _ in }
      }
    }
    let text = String(buffer: json.buffer)
    let read = try JSONReaderTests.read(text)
    #expect(read["text"] == .string("a\"\\\n\u{1}é😀"))
    #expect(text.contains("\"whole\":3,"))
    #expect(read["half"] == .real(0.5) && read["none"] == .null && read["absent"] == nil)
    #expect(read["small"]?.real == 1e-7)
    #expect(read["list"] == .array([.integer(1), .bool(true), .object([:])]))
    #expect((try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil)
  }
}
