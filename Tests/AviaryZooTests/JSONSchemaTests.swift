import Foundation
import TestSupport
import Testing

@testable import AviaryZoo

@Suite struct JSONSchemaTests {
  /// (schema, what fits, what does not)
  static let cases: [(String, [String], [String])] = [
    (
      #"{"type": "integer", "minimum": 2, "maximum": 4}"#, ["2", "3.0", "4"],
      ["1", "5", "2.5", "\"3\"", "true", "null"]
    ),
    (#"{"type": ["string", "null"]}"#, ["null", "\"\""], ["0", "[]"]),
    (#"{"type": "number", "exclusiveMinimum": 0}"#, ["1e-9", "3"], ["0", "-1"]),
    (#"{"const": 1}"#, ["1", "1.0"], ["2", "true", "\"1\""]),
    (#"{"enum": ["a", 2]}"#, ["\"a\"", "2"], ["\"b\"", "3", "null"]),
    (#"{"type": "string", "pattern": "^(?!/)[a-z]+$"}"#, ["\"abc\""], ["\"/abc\"", "\"a1\"", "\"\""]),
    (#"{"type": "string", "minLength": 2}"#, ["\"ab\""], ["\"a\""]),
    (
      #"{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2, "uniqueItems": true}"#,
      ["[1]", "[1, 2]"], ["[]", "[1, 2, 3]", "[1, 1.0]", "[\"a\"]", "{}"]
    ),
    (
      #"{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": false}, "additionalProperties": false}"#,
      ["{\"a\": 1}"], ["{}", "{\"a\": \"x\"}", "{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"c\": 2}"]
    ),
    (#"{"oneOf": [{"type": "integer"}, {"minimum": 2}]}"#, ["1", "2.5"], ["3", "1.5"]),
    (#"{"allOf": [{"minimum": 1}, {"not": {"const": 2}}]}"#, ["1", "3"], ["0", "2"]),
    (
      #"{"if": {"properties": {"k": {"const": "g"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}}"#,
      [#"{"k": "g", "x": 1}"#, #"{"k": "h", "y": 1}"#], [#"{"k": "g"}"#, #"{"k": "h", "x": 1}"#]
    ),
    (##"{"$defs": {"s": {"minimum": 3}}, "$ref": "#/$defs/s"}"##, ["3"], ["2"]),
  ]

  @Test(arguments: cases)
  func keywords(_ schema: String, _ fitting: [String], _ breaking: [String]) throws {
    let schema = try JSONSchema(Data(schema.utf8))
    for text in fitting {
      let violations = schema.violations(of: try JSONValue(Data(text.utf8)))
      #expect(violations.isEmpty, "\(text): \(violations)")
    }
    for text in breaking {
      #expect(!schema.violations(of: try JSONValue(Data(text.utf8))).isEmpty, "\(text)")
    }
  }

  @Test func unknownKeywordsAreRefused() {
    #expect(throws: JSONSchema.Fault.self) { try JSONSchema(Data(#"{"items": {"multipleOf": 2}}"#.utf8)) }
  }

  @Test func placesAreNamed() throws {
    let schema = try ManifestSchema.model()
    var manifest = try JSONValue(
      Data(contentsOf: Locations.root.appendingPathComponent("Zoo/fer-cnn-bn/model.json")))
    #expect(schema.violations(of: manifest).isEmpty)
    guard case .object(var members) = manifest, case .object(var input)? = members["input"] else { return }
    input["width"] = .integer(0)
    input["mean"] = .array([.string("x")])
    members["input"] = .object(input)
    members["licence"] = .string("MIT")
    members["family"] = nil
    manifest = .object(members)
    let places = Set(schema.violations(of: manifest).map(\.place))
    #expect(places == ["input.width", "input.mean[0]", "licence", "family"])
  }

  /// What the executable carries is what the repository shows.
  @Test func embeddedSchemasAreTheRepositorys() throws {
    let folder = Locations.root.appendingPathComponent("Schemas")
    #expect(
      try Data(contentsOf: folder.appendingPathComponent("model.schema.json")) == ManifestSchema.modelText)
    #expect(
      try Data(contentsOf: folder.appendingPathComponent("golden.schema.json")) == ManifestSchema.goldenText)
    #expect(
      try Data(contentsOf: folder.appendingPathComponent("baseline.schema.json"))
        == ManifestSchema.baselineText)
  }

  /// Written and read again, a manifest says the same.
  @Test func manifestsAreWrittenAsTheyAreRead() throws {
    for id in ["fer-cnn-bn", "fer-cnn-plain"] {
      let path = Locations.root.appendingPathComponent("Zoo/\(id)/model.json")
      let manifest = try ModelManifest(contentsOf: path.path)
      let text = try manifest.text(path: "x")
      #expect(try JSONValue(Data(text.utf8)) == JSONValue(Data(contentsOf: path)))
    }
  }
}
