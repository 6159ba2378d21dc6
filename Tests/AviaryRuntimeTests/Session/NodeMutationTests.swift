import AviaryCore
import AviaryONNX
import AviaryOperators
import AviaryRuntime
import Foundation
import TestSupport
import Testing

/// Every operator that ships with malformed nodes, through the whole way of loading, planning and running: each
/// gives an error or an answer.
@Suite(.serialized) struct NodeMutationTests {
  /// Right applications: golden files and, where it is there, the ONNX suite.
  static let samples: [NodeSample] = {
    let golden = ((try? OperatorCase.everywhere()) ?? []).filter { $0.fails != true }.compactMap { try? $0.sample() }
    return golden + suiteSamples() + ((try? NodeSamples.all()) ?? [])
  }()

  private static func suiteSamples() -> [NodeSample] {
    guard let suite = Locations.onnxSuite?.appendingPathComponent("node") else {
      print("Malformed nodes: without the ONNX suite, .cache/onnx-suite is absent (make suite)")
      return []
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: suite.path)) ?? []).sorted()
    return names.compactMap { name in
      let folder = suite.appendingPathComponent(name)
      guard let model = try? ONNXModel.read(path: folder.appendingPathComponent("model.onnx").path),
        model.graph.nodes.count == 1, let node = model.graph.nodes.first
      else { return nil }
      var values: [String: Value] = model.graph.initializers.mapValues { .tensor($0) }
      for (index, declaration) in model.graph.inputs.enumerated() {
        let path = folder.appendingPathComponent("test_data_set_0/input_\(index).pb").path
        values[declaration.name] = try? TensorFile.read(path: path, as: declaration.type)
      }
      return NodeSample(
        id: node.id, opset: node.opset, attributes: node.attributes, inputs: node.inputs.map { values[$0] },
        outputs: node.outputs.count)
    }
  }

  static let options: SessionOptions = {
    var options = SessionOptions()
    // What is asked for beyond this must not be had: extents are random.
    options.limits.tensorBytes = 4 << 20
    options.limits.runBytes = 32 << 20
    options.threads = 1
    return options
  }()

  /// What malformed nodes begin with is right: it is answered.
  @Test func samplesAreRight() throws {
    for sample in try NodeSamples.all() {
      let (graph, feeds) = sample.graph(constants: 0)
      #expect(throws: Never.self, "\(sample.id)") {
        _ = try Session(graph: graph, options: Self.options).run(feeds)
      }
    }
  }

  /// Only the operators of our own passes have none: no file can bring a right one.
  @Test func everyOperatorOfTheSpecificationHasASample() throws {
    guard Locations.onnxSuite != nil else { return }
    let nodes = MalformedNodes(try StandardOperators.registry(), samples: Self.samples) { _, _ in }
    #expect(nodes.withoutSamples.filter { $0.domain != OperatorID.aviaryDomain }.isEmpty)
  }

  @Test func everyOperatorAnswersOrRefuses() throws {
    let registry = try StandardOperators.registry()
    var nodes = MalformedNodes(registry, samples: Self.samples) { graph, feeds in
      _ = try Session(graph: graph, options: Self.options).run(feeds)
    }
    nodes.drive(count: Mutator.count(short: 60), seed: 1)
    #expect(nodes.answered > 500 && nodes.refused > 500)
    print("Malformed nodes: \(nodes.answered) answered, \(nodes.refused) refused; "
      + "without a right one to begin with: \(nodes.withoutSamples.map(\.description).joined(separator: " "))")
  }
}
