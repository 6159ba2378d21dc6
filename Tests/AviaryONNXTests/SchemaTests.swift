import CONNX
import Foundation
import TestSupport
import Testing

/// The generated C agrees with the schema, and the schema with the `onnx` package.
@Suite struct SchemaTests {
  static let golden = Locations.root.appendingPathComponent("Tests/AviaryONNXTests/Golden")

  struct Declared: Decodable {
    /// Message, field, then number, label, type, type name, packed, oneof.
    let messages: [String: [String: [Entry]]]
    let enums: [String: [String: Int]]
  }

  enum Entry: Decodable, Equatable {
    case number(Int)
    case text(String)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  @Test func declaresEveryMessageFieldAndEnumValue() throws {
    let data = try Data(contentsOf: Self.golden.appendingPathComponent("onnx-descriptors.json"))
    let expected = try JSONDecoder().decode(Declared.self, from: data)
    var found: [String: [String: [Entry]]] = [:]
    var pending = [
      aviary_onnx_model_descriptor(), aviary_onnx_sequence_descriptor(),
      aviary_onnx_optional_descriptor(), aviary_onnx_map_descriptor(),
    ].compactMap { $0 }
    while let message = pending.popLast()?.pointee {
      let name = String(cString: message.name)
      guard found[name] == nil else { continue }
      var fields: [String: [Entry]] = [:]
      for i in 0..<Int(message.n_fields) {
        let field = message.fields[i]
        fields[String(cString: field.name)] = describe(field)
        if field.type == PROTOBUF_C_TYPE_MESSAGE, let type = field.descriptor {
          pending.append(type.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
        }
      }
      found[name] = fields
    }
    #expect(Set(found.keys) == Set(expected.messages.keys))
    for (name, fields) in expected.messages { #expect(found[name] == fields, "\(name)") }

    var enums: [String: [String: Int]] = [:]
    let all = try #require(aviary_onnx_enum_descriptors())
    var index = 0
    while let type = all[index]?.pointee {
      let values = (0..<Int(type.n_values)).map { type.values[$0] }
      enums[String(cString: type.name)] = Dictionary(
        uniqueKeysWithValues: values.map { (String(cString: $0.name), Int($0.value)) })
      index += 1
    }
    #expect(enums == expected.enums)
  }

  private func describe(_ field: ProtobufCFieldDescriptor) -> [Entry] {
    let label =
      switch field.label {
      case PROTOBUF_C_LABEL_REPEATED: "repeated"
      case PROTOBUF_C_LABEL_REQUIRED: "required"
      default: "optional"
      }
    var typeName = ""
    let type: String
    switch field.type {
    case PROTOBUF_C_TYPE_INT32: type = "int32"
    case PROTOBUF_C_TYPE_INT64: type = "int64"
    case PROTOBUF_C_TYPE_UINT64: type = "uint64"
    case PROTOBUF_C_TYPE_FLOAT: type = "float"
    case PROTOBUF_C_TYPE_DOUBLE: type = "double"
    case PROTOBUF_C_TYPE_STRING: type = "string"
    case PROTOBUF_C_TYPE_BYTES: type = "bytes"
    case PROTOBUF_C_TYPE_ENUM:
      type = "enum"
      typeName = field.descriptor.map {
        String(cString: $0.assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee.name)
      } ?? ""
    case PROTOBUF_C_TYPE_MESSAGE:
      type = "message"
      typeName = field.descriptor.map {
        String(cString: $0.assumingMemoryBound(to: ProtobufCMessageDescriptor.self).pointee.name)
      } ?? ""
    default: type = "?"
    }
    func has(_ flag: ProtobufCFieldFlag) -> Bool { field.flags & UInt32(flag.rawValue) != 0 }
    return [
      .number(Int(field.id)), .text(label), .text(type), .text(typeName),
      .flag(has(PROTOBUF_C_FIELD_FLAG_PACKED)), .flag(has(PROTOBUF_C_FIELD_FLAG_ONEOF)),
    ]
  }

  @Test func committedCodeIsWhatTheGeneratorMakes() throws {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let isInstalled = paths.contains { FileManager.default.isExecutableFile(atPath: "\($0)/protoc-c") }
    guard isInstalled else {
      print("not run: SchemaTests.committedCodeIsWhatTheGeneratorMakes (protoc-c is not installed)")
      return
    }
    let sources = Locations.root.appendingPathComponent("Sources/CONNX")
    let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: output) }
    let process = Process()
    process.executableURL = sources.appendingPathComponent("generate.sh")
    process.arguments = [output.path]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    for file in ["onnx.pb-c.c", "include/onnx.pb-c.h"] {
      let committed = try Data(contentsOf: sources.appendingPathComponent(file))
      let generated = try Data(contentsOf: output.appendingPathComponent(file))
      #expect(committed == generated, "\(file): run Sources/CONNX/generate.sh and commit the result")
    }
  }
}
