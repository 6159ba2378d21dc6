import AviaryCore
import Foundation
import TestSupport
import Testing

@testable import AviaryONNX

/// `.pb` files of tensors, sequences, optionals and maps.
@Suite struct ValueFileTests {
  private static func floats(_ values: [Float]) throws -> Value { .tensor(try Tensor(values)) }

  static func values() throws -> [(Value, ValueType)] {
    let float = ValueType.tensor(.float, .unknown)
    let ints = Value.tensor(try Tensor([Int64.min, -1, 0, 7], shape: Shape([2, 2])))
    let strings = Value.tensor(try Tensor(strings: ["a", "", "\u{e9}"], shape: Shape([3])))
    let sequence = Value.sequence([try floats([1, 2]), try floats([])], of: float)
    let map = Value.map(
      MapValue(keys: .integers(.int64, [3, -4]), values: [try floats([1]), try floats([2])], valueType: float))
    let named = Value.map(
      MapValue(keys: .strings(["b", "a"]), values: [try floats([1]), try floats([2])], valueType: float))
    return [
      (try floats([1.5, -2]), float), (ints, .unknown), (strings, .unknown),
      (.tensor(try Tensor(scalar: true)), .unknown), (sequence, .sequence(float)),
      (.sequence([], of: float), .sequence(float)),
      (.sequence([sequence], of: .sequence(float)), .sequence(.sequence(float))),
      (.optional(nil, of: float), .optional(float)), (.optional(try floats([3]), of: float), .optional(float)),
      (.optional(sequence, of: .sequence(float)), .optional(.sequence(float))),
      (map, .map(key: .int64, value: float)), (named, .map(key: .string, value: float)),
      (.sequence([map], of: .map(key: .int64, value: float)), .sequence(.map(key: .int64, value: float))),
    ]
  }

  @Test func readsWhatItWrites() throws {
    for (value, type) in try Self.values() {
      let bytes = TensorFile.encode(value, name: "v")
      let back = try TensorFile.read(bytes: bytes, as: type)
      #expect(TensorFile.encode(back, name: "v") == bytes, "\(value)")
      if case .unknown = type { continue }
      #expect(Self.kind(back) == Self.kind(value))
    }
  }

  private static func kind(_ value: Value) -> String { String("\(value.type)".prefix { $0 != "(" }) }

  @Test func writesEveryElementType() throws {
    for (name, tensor) in try ONNXModel.read(path: Fixtures.path("encodings")).graph.initializers {
      let bytes = TensorFile.encode(.tensor(tensor), name: name)
      let back = try #require(try TensorFile.read(bytes: bytes).tensor)
      #expect(Fixtures.describe(back) == Fixtures.describe(tensor), "\(name)")
    }
  }

  @Test func writesFilesThatThePackageReads() throws {
    guard let python = Locations.python else {
      print("not run: ValueFileTests.writesFilesThatThePackageReads (no Python with the onnx package)")
      return
    }
    try withTemporaryFolder { folder in
      let float = ValueType.tensor(.float, .unknown)
      let sequence = Value.sequence([try Self.floats([1, 2]), try Self.floats([3])], of: float)
      let values: [(String, Value)] = [
        ("tensor", .tensor(try Tensor([Float(1), 2, 3, 4], shape: Shape([2, 2])))),
        ("sequence", sequence), ("optional", .optional(sequence, of: .sequence(float))),
        (
          "map",
          .map(
            MapValue(
              keys: .strings(["k", "l"]),
              values: [.tensor(try Tensor(scalar: Float(5))), .tensor(try Tensor(scalar: Float(6)))],
              valueType: float))
        ),
      ]
      for (name, value) in values {
        try TensorFile.write(value, name: name, to: folder.appendingPathComponent("\(name).pb").path)
      }
      let script = """
        import sys, onnx, numpy as np
        from onnx import numpy_helper as n
        def load(kind, name):
            message = kind()
            message.ParseFromString(open(f"{sys.argv[1]}/{name}.pb", "rb").read())
            assert message.name == name
            return message
        t = n.to_array(load(onnx.TensorProto, "tensor"))
        s = n.to_list(load(onnx.SequenceProto, "sequence"))
        o = n.to_optional(load(onnx.OptionalProto, "optional"))
        m = n.to_dict(load(onnx.MapProto, "map"))
        print(t.tolist(), [a.tolist() for a in s], [a.tolist() for a in o], {k: float(v) for k, v in m.items()})
        """
      let process = Process()
      let pipe = Pipe()
      process.executableURL = python
      process.arguments = ["-c", script, folder.path]
      process.standardOutput = pipe
      try process.run()
      let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(
        output == "[[1.0, 2.0], [3.0, 4.0]] [[1.0, 2.0], [3.0]] [[1.0, 2.0], [3.0]] {b'k': 5.0, b'l': 6.0}\n"
          || output == "[[1.0, 2.0], [3.0, 4.0]] [[1.0, 2.0], [3.0]] [[1.0, 2.0], [3.0]] {'k': 5.0, 'l': 6.0}\n",
        "\(output)")
    }
  }

  @Test func refusesWhatIsNoValue() throws {
    let cases: [([UInt8], ValueType, String)] = [
      ([], .unknown, "is empty"), ([0xFF], .unknown, "is not a TensorProto"),
      ([0x1A, 5], .sequence(.unknown), "is not a SequenceProto"),
      ([], .map(key: .int64, value: .unknown), "is empty"),
      (Message { $0.append(2, int: 7); $0.append(3, int: 1) }.bytes, .map(key: .int64, value: .unknown),
        "has 1 keys and 0 values"),
      (Message { $0.append(2, int: 1) }.bytes, .map(key: .int64, value: .unknown), "keys of type float"),
      ([], .sparseTensor(nil, .unknown), "sparse tensors cannot be given"),
    ]
    for (bytes, type, says) in cases {
      let error = #expect(throws: ImportError.self) { try TensorFile.read(bytes: bytes, as: type, name: "v.pb") }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
      #expect(error?.description.hasPrefix("v.pb: ") == true)
    }
    // No bytes at all are an empty sequence, and an optional without content.
    guard case .sequence(let values, _) = try TensorFile.read(bytes: [], as: .sequence(.unknown)),
      case .optional(nil, _) = try TensorFile.read(bytes: [], as: .optional(.unknown))
    else {
      Issue.record("empty values")
      return
    }
    #expect(values.isEmpty)
  }

  @Test func refusesDeeplyNestedSequences() {
    var sequence = Message { $0.append(2, int: 1) }
    for _ in 0..<3000 { sequence = Message { $0.append(5, message: sequence) } }
    let error = #expect(throws: ImportError.self) {
      try TensorFile.read(bytes: sequence.bytes, as: .sequence(.unknown))
    }
    #expect(error?.description.contains("nested more than 64 deep") == true)
  }
}
