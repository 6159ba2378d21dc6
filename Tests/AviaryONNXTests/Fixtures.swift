import AviaryCore
import Foundation
import TestSupport

@testable import AviaryONNX

/// The committed models and what the `onnx` package says of them (`Golden/make_fixtures.py`).
enum Fixtures {
  struct TensorEntry: Decodable, Equatable {
    var type: String
    var dims: [Int]
    var hex: String?
    var strings: [String]?
  }
  struct FunctionEntry: Decodable {
    let outputs: [String]
    let operators: [String]
  }
  struct All: Decodable {
    let encodings: [String: TensorEntry]
    let sparse: [String: TensorEntry]
    let external: [String: TensorEntry]
    let functions_nested: FunctionEntry
    let functions_optional_parts: FunctionEntry
    let functions_subgraph: FunctionEntry
  }

  static let folder = Locations.root.appendingPathComponent("Tests/AviaryONNXTests/Golden")
  static func path(_ name: String) -> String {
    folder.appendingPathComponent("fixtures/\(name).onnx").path
  }

  static func expected() throws -> All {
    try JSONDecoder().decode(
      All.self, from: Data(contentsOf: folder.appendingPathComponent("fixtures.json")))
  }

  static func describe(_ tensor: Tensor) -> TensorEntry {
    TensorEntry(
      type: tensor.elementType.name, dims: tensor.shape.dims,
      hex: tensor.elementType == .string ? nil : hex(tensor), strings: try? tensor.strings())
  }

  static func hex(_ tensor: Tensor) -> String {
    tensor.withBytes { $0.map { hex($0) }.joined() }
  }

  static func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.utf8.count == 1 ? "0\(digits)" : digits
  }

  static func hex(_ float: Float) -> String {
    withUnsafeBytes(of: float.bitPattern.littleEndian) { $0.map { hex($0) }.joined() }
  }
}

/// Builds messages byte by byte, also such as no library would write.
typealias Message = WireWriter

extension WireWriter {
  init(_ build: (inout WireWriter) -> Void) {
    self.init()
    build(&self)
  }

  mutating func append(_ field: Int, text: String) { append(field, bytes: text.utf8) }
  mutating func append(_ field: Int, message: WireWriter) { append(field, bytes: message.bytes) }
  mutating func append(_ field: Int, int: Int64) { append(field, varint: UInt64(bitPattern: int)) }

  /// A message in a field of a message in a field…, the outermost field first.
  static func nested(fields: [Int], _ innermost: WireWriter) -> WireWriter {
    // From the inside out only the lengths are needed.
    var lengths = [innermost.bytes.count]
    for field in fields.reversed().dropLast() {
      let length = lengths[lengths.count - 1]
      let header = WireWriter { $0.append(field, varint: UInt64(length)) }
      lengths.append(length + header.bytes.count)
    }
    var bytes: [UInt8] = []
    for (field, length) in zip(fields, lengths.reversed()) {
      // The tag of a message differs from that of a number by its wire type.
      var header = WireWriter { $0.append(field, varint: UInt64(length)) }.bytes
      header[0] |= 2
      bytes += header
    }
    return WireWriter { $0.append(contentsOf: bytes + innermost.bytes) }
  }

  /// A float tensor's type, dims and name, without elements.
  static func tensor(
    _ name: String, type: Int64 = 1, dims: [Int64], _ build: (inout WireWriter) -> Void = { _ in }
  ) -> WireWriter {
    WireWriter {
      for dim in dims { $0.append(1, int: dim) }
      $0.append(2, int: type)
      $0.append(8, text: name)
      build(&$0)
    }
  }

  static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], name: String = "",
    _ build: (inout WireWriter) -> Void = { _ in }
  ) -> WireWriter {
    WireWriter {
      for input in inputs { $0.append(1, text: input) }
      for output in outputs { $0.append(2, text: output) }
      if !name.isEmpty { $0.append(3, text: name) }
      $0.append(4, text: type)
      build(&$0)
    }
  }

  /// A declared value: a float tensor with these dims.
  static func value(_ name: String, dims: [Int64]) -> WireWriter {
    WireWriter {
      $0.append(1, text: name)
      let shape = WireWriter { shape in
        for dim in dims { shape.append(1, message: WireWriter { $0.append(1, int: dim) }) }
      }
      let tensor = WireWriter {
        $0.append(1, int: 1)
        $0.append(2, message: shape)
      }
      $0.append(2, message: WireWriter { $0.append(1, message: tensor) })
    }
  }

  /// A model around a graph, with opset 21.
  static func model(irVersion: Int64 = 10, _ graph: (inout WireWriter) -> Void) -> WireWriter {
    WireWriter {
      $0.append(1, int: irVersion)
      $0.append(8, message: WireWriter { $0.append(2, int: 21) })
      $0.append(7, message: WireWriter(graph))
    }
  }

  static func model(initializer: WireWriter) -> WireWriter {
    model { $0.append(5, message: initializer) }
  }
}

/// The import of bytes, and the error's text where it fails.
func importError(_ bytes: [UInt8], limits: Limits = .default) -> String? {
  do {
    _ = try ONNXModel.read(bytes: bytes, name: "m.onnx", limits: limits)
    return nil
  } catch {
    return error.description
  }
}

/// A temporary folder for the duration of `body`.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("aviary-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

// What a graph computes, as expressions, however its inner values are called.
extension Graph {
  func outputExpressions(_ outer: [String: String] = ["": ""]) -> [String] {
    var names = outer
    for input in inputs + defaultedInputs { names[input.name] = input.name }
    for (name, tensor) in initializers { names[name] = "<\(Fixtures.hex(tensor))>" }
    for node in nodes {
      let attributes = node.attributes.map { "\($0.key)=\($0.value.expression(names))" }.sorted()
      let inputs = node.inputs.map { $0.isEmpty ? "" : names[$0] ?? "?\($0)" }
      let text = "\(node.id.name)(\((inputs + attributes).joined(separator: ",")))"
      for (index, output) in node.outputs.enumerated() {
        names[output] = index == 0 ? text : "\(text).\(index)"
      }
    }
    return outputs.map { names[$0.name] ?? "?\($0.name)" }
  }
}

extension AttributeValue {
  fileprivate func expression(_ names: [String: String]) -> String {
    switch self {
    case .float(let value): Fixtures.hex(value)
    case .floats(let values): "[\(values.map { Fixtures.hex($0) }.joined(separator: ","))]"
    case .int(let value): "\(value)"
    case .ints(let values): "[\(values.map { "\($0)" }.joined(separator: ","))]"
    case .string(let value): value
    case .tensor(let tensor): Fixtures.hex(tensor)
    case .graph(let graph): "{\(graph.outputExpressions(names).joined(separator: ";"))}"
    default: "\(self)"
    }
  }
}
