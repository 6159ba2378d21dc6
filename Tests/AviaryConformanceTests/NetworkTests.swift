import AviaryCore
import AviaryONNX
import AviaryRuntime
import Foundation
import TestSupport
import Testing

/// Whole networks against ONNX Runtime: small ones from every exporter (committed with the scripts that made
/// them, `Networks/make_*.py`), and the shared models where they are there. For networks too large to
/// commit see `Tests/Peers/parity.py`.
@Suite struct NetworkTests {
  private static let folder = Locations.root.appendingPathComponent("Tests/AviaryConformanceTests/Networks")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/model.onnx").path) }
      .sorted()
  }()

  @Test func everyExporterIsThere() {
    for prefix in ["keras_", "torch_vit_script", "torch_vit_dynamo", "torch_resnet_basic_dynamo", "torch_efficientnet_dynamo"] {
      #expect(Self.names.contains { $0.hasPrefix(prefix) })
    }
  }

  @Test(arguments: names, [true, false])
  func aNetworkGivesWhatONNXRuntimeGives(name: String, optimize: Bool) throws {
    var options = SessionOptions()
    options.optimize = optimize
    let folder = Self.folder.appendingPathComponent(name)
    let session = try Session(path: folder.appendingPathComponent("model.onnx").path, options: options)
    #expect(session.unreadAttributes.isEmpty)
    let sets = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("test_data_set_") }
    #expect(sets.count >= 2)
    for set in sets.sorted() {
      var inputs: [String: Value] = [:]
      for (index, declaration) in session.inputs.enumerated() {
        inputs[declaration.name] = try TensorFile.read(path: folder.appendingPathComponent("\(set)/input_\(index).pb").path)
      }
      let outputs = try session.run(inputs)
      for (index, declaration) in session.outputs.enumerated() {
        let expected = try TensorFile.read(path: folder.appendingPathComponent("\(set)/output_\(index).pb").path)
        let error = try scaledError(try #require(outputs[declaration.name]?.tensor), try #require(expected.tensor))
        #expect(error <= 1e-4, "\(set), output \(index)")
      }
    }
  }

  @Test(arguments: names.filter { $0.hasPrefix("keras_") })
  func kerasExportsHaveNoInnerTranspose(name: String) throws {
    let session = try Session(path: Self.folder.appendingPathComponent("\(name)/model.onnx").path)
    let names = session.graph.nodes.map(\.id.name)
    let first = try #require(names.firstIndex { $0.hasSuffix("Conv") })
    #expect(!names[first...].contains("Transpose"))
  }

  private func scaledError(_ found: Tensor, _ expected: Tensor) throws -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let (a, b) = (try found.array(of: Float.self), try expected.array(of: Float.self))
    guard a.allSatisfy(\.isFinite) else { return .infinity }
    let scale = b.map { Double($0.magnitude) }.max() ?? 0
    return (zip(a, b).map { Double(($0 - $1).magnitude) }.max() ?? 0) / max(scale, 1e-30)
  }
}
