import AviaryCore
import Foundation
import TestSupport
import Testing

@testable import AviaryONNX

/// The shared models, compared with what the `onnx` package reads (`Golden/make_shared_models.py`).
@Suite struct SharedModelTests {
  struct Entry: Decodable {
    let ir_version: Int
    let inputs: [String]
    let defaulted: [String]
    let outputs: [String]
    let operators: [String: Int]
    let attributes: Int
    let initializers: [String: String]
  }

  static let expected: [String: Entry] = {
    let file = Fixtures.folder.appendingPathComponent("shared-models.json")
    guard let data = try? Data(contentsOf: file) else { return [:] }
    return (try? JSONDecoder().decode([String: Entry].self, from: data)) ?? [:]
  }()

  @Test func agreeWithThePackage() throws {
    guard let shared = Locations.shared else {
      print("not run: SharedModelTests (the shared models are not there)")
      return
    }
    #expect(Self.expected.count >= 13)
    for (name, entry) in Self.expected {
      let model = try ONNXModel.read(path: shared.appendingPathComponent(name).path)
      let graph = model.graph
      #expect(model.irVersion == entry.ir_version, "\(name)")
      #expect(graph.inputs.map(\.name) == entry.inputs, "\(name)")
      #expect(graph.defaultedInputs.map(\.name) == entry.defaulted, "\(name)")
      #expect(graph.outputs.map(\.name) == entry.outputs, "\(name)")
      let operators = graph.nodes.reduce(into: [String: Int]()) { $0[$1.id.name, default: 0] += 1 }
      #expect(operators == entry.operators, "\(name)")
      #expect(graph.nodes.reduce(0) { $0 + $1.attributes.count } == entry.attributes, "\(name)")
      #expect(graph.initializers.mapValues(Self.describe) == entry.initializers, "\(name)")
    }
  }

  /// Type, extents and the checksum of the golden script.
  private static func describe(_ tensor: Tensor) -> String {
    let sum = tensor.withBytes { bytes in
      var sum: UInt64 = 0
      var weight: UInt64 = 1
      for byte in bytes {
        sum &+= UInt64(byte) &* weight
        weight = weight == 65521 ? 1 : weight + 1
      }
      return sum
    }
    return "\(tensor.elementType.name) \(tensor.shape.dims) \(sum)"
  }
}
