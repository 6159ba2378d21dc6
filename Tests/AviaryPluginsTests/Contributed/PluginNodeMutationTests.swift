import Aviary
import AviaryCore
import AviaryRuntime
import Foundation
import TestSupport
import Testing

/// The operators that plugins add, with malformed nodes: each gives an error or an answer.
@Suite(.serialized) struct PluginNodeMutationTests {
  @Test func everyOperatorAnswersOrRefuses() throws {
    let all = try BuiltinPlugins.registry().operators
    var own = OperatorRegistry()
    for (id, factories) in all.factories where id.domain == "com.microsoft" || id.name == "ImageDecoder" {
      for factory in factories { try own.register(factory) }
    }
    let formats = Locations.root.appendingPathComponent("Tests/AviaryImageTests/Formats")
    let files = (try FileManager.default.contentsOfDirectory(atPath: formats.path)).sorted()
    let pictures = try files.filter { !$0.hasSuffix("json") }.map { name in
      let bytes = [UInt8](try Data(contentsOf: formats.appendingPathComponent(name)))
      return NodeSample(
        id: OperatorID("ImageDecoder"), opset: 20, attributes: ["pixel_format": .string("RGB")],
        inputs: [.tensor(try Tensor(bytes))], outputs: 1)
    }
    let golden = try ContributedTests.cases.filter { $0.fails != true }.map { try $0.sample() }
    var options = SessionOptions()
    options.registry = all
    options.limits.tensorBytes = 4 << 20
    options.limits.runBytes = 32 << 20
    options.limits.imagePixels = 1 << 20
    options.threads = 1
    let frozen = options
    var nodes = MalformedNodes(own, samples: golden + pictures) { graph, feeds in
      _ = try Session(graph: graph, options: frozen).run(feeds)
    }
    nodes.drive(count: Mutator.count(short: 60), seed: 2)
    #expect(nodes.withoutSamples == [])
    #expect(nodes.answered > 100 && nodes.refused > 100)
  }
}
