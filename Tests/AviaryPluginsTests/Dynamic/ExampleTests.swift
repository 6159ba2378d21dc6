import Aviary
import Foundation
import TestSupport
import Testing

/// The example plugins, built and used by models from files.
@Suite struct ExampleTests {
  private let registry: PluginRegistry

  init() throws {
    let paths = [try PluginBuilder.example("c"), try PluginBuilder.example("swift")]
    registry = try BuiltinPlugins.registry(with: DynamicPlugin.load(paths, environment: [:]))
  }

  private func run(
    _ name: String, _ dims: [Int]
  ) throws -> (found: [String: Tensor], expected: [String: Any]) {
    let expected = try #require(PluginFixtures.expected()[name] as? [String: Any])
    let x = try #require(expected["x"] as? [Double]).map { Float($0) }
    let model = try Model(PluginFixtures.path("\(name).onnx"), plugins: registry)
    return (try model.run(["x": try Tensor(x, shape: Shape(dims))]), expected)
  }

  @Test func blendOfSwift() throws {
    let (found, expected) = try run("blend", [2, 4])
    let y = try #require(expected["y"] as? [Double])
    #expect(try #require(found["y"]).array(of: Float.self) == y.map { Float($0) })
  }

  @Test(arguments: ["distance", "distance_l1"])
  func distancesOfC(_ name: String) throws {
    let (found, expected) = try run(name, [4, 2])
    for (output, dims) in [("d", [4, 3]), ("least", [4])] {
      let tensor = try #require(found[output])
      let values = try #require(expected[output] as? [Double])
      #expect(tensor.shape.dims == dims)
      for (a, b) in zip(try tensor.array(of: Float.self), values) { #expect(abs(Double(a) - b) < 1e-5) }
    }
  }

  @Test func shapesAreInferredBeforeARun() throws {
    let model = try Model(PluginFixtures.path("distance.onnx"), plugins: registry)
    let nodes = try model.session.inspect(inputShapes: ["x": [7, 2]])
    let distances = try #require(nodes.first { $0.node.id.name == "PairwiseDistance" })
    #expect(distances.outputs.map(\.type) == [.tensor(.float, SymbolicShape(known: [7, 3]))])
  }

  @Test func openExtentsStayNamed() throws {
    let factory = try #require(
      registry.operators.factory(for: OperatorID("PairwiseDistance", domain: "com.example"), opset: 1))
    var attributes = Attributes([:])
    let op = try factory.make(&attributes, opset: 1)
    let info = try op.infer([
      ValueInfo(.float, SymbolicShape([.symbol("n"), .symbol("d")])),
      ValueInfo(.float, SymbolicShape([.symbol("m"), .symbol("d")])),
    ])
    #expect(info.map(\.shape) == [SymbolicShape([.symbol("n"), .symbol("m")])])
    #expect(throws: OperatorError.self) {
      try op.infer([ValueInfo(.float, [2, 3]), ValueInfo(.float, [2, 4])])
    }
    #expect(throws: OperatorError.self) { try op.infer([ValueInfo(.float, [2, 3])]) }
  }

  @Test func attributesReachThePlugin() throws {
    let blend = try #require(
      registry.operators.factory(for: OperatorID("Blend", domain: "org.example"), opset: 2))
    let refused: [[String: AttributeValue]] = [
      [:], ["alpha": .int(1)], ["alpha": .float(.nan)], ["alpha": .float(1), "limits": .floats([1, 0])],
    ]
    for values in refused {
      var attributes = Attributes(values)
      #expect(throws: ImportError.self) { try blend.make(&attributes, opset: 2) }
    }
    var attributes = Attributes(["alpha": .float(1), "misspelt": .int(1)])
    _ = try blend.make(&attributes, opset: 2)
    #expect(attributes.unread == ["misspelt"])
  }

  @Test func aDataSetAStepAndAModelTogether() throws {
    let reference = try ModelReference(PluginFixtures.path("stripes.onnx"))
    // Without the plugin that brings the step there is no way to feed the model.
    let error = #expect(throws: ZooError.self) {
      try Classifier(reference, steps: BuiltinPlugins.registry().steps)
    }
    #expect(error?.description.contains("example-threshold") == true)
    let classifier = try Classifier(reference, steps: registry.steps)
    let record = try #require(
      try Evaluator([classifier], on: registry.open("stripes:25")).run().first)
    #expect(record.samples.count == 50)
    #expect(try record.summary()[metric: "accuracy"] == 1)
    #expect(throws: DatasetError.self) { try registry.open("stripes:many") }
  }

  @Test func theStepWithItsParameter() throws {
    let image = try #require(Image(width: 3, height: 1, color: .grey, samples: [99, 100, 101]))
    for (parameters, expected) in [
      (["level": .number(100)], [0, 255, 255]), ([:], [0, 0, 0]),
    ] as [([String: StepParameter], [Float])] {
      let contract = try Preprocessing(
        layout: .nchw, width: 3, height: 1, channels: .grey, steps: [.init("example-threshold", parameters)],
        scale: 1, mean: [0], std: [1]
      ).resolved(with: registry.steps)
      #expect(try contract(image) == expected)
    }
    for parameters in [["level": .number(300)], ["level": .text("high")], ["levels": .number(1)]]
      as [[String: StepParameter]]
    {
      let contract = try Preprocessing(
        layout: .nchw, width: 3, height: 1, channels: .grey, steps: [.init("example-threshold", parameters)],
        scale: 1, mean: [0], std: [1])
      #expect(throws: PreprocessingError.self) { try contract.resolved(with: registry.steps) }
    }
  }

  @Test func theDetectorAndTheCrop() throws {
    let image = try #require(Image(width: 8, height: 4, color: .grey, samples: [UInt8](0..<32)))
    let face = try #require(try registry.detector("example-center:0.5").detect(image).first)
    let middle = ImagePoint(x: 4, y: 2)
    #expect(face == DetectedFace(x: 2, y: 1, width: 4, height: 2, score: 1, landmarks: [middle]))
    #expect(try image.cropped(to: face).samples == [10, 11, 12, 13, 18, 19, 20, 21])
    #expect(throws: DetectionError.self) { try registry.detector("example-center:2") }
  }
}
