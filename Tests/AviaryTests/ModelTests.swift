import Aviary
import TestSupport
import Testing

@Suite struct ModelTests {
  static let fixtures = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/Fixtures")
  static func path(_ name: String) -> String { fixtures.appendingPathComponent(name).path }

  @Test func runsOnTensors() throws {
    let model = try Model(Self.path("softmax.onnx"))
    #expect(model.inputs.map(\.name) == ["input"] && model.outputs.map(\.name) == ["scores"])
    let tensor = try Tensor([Float](repeating: 60 / 255, count: 128), shape: Shape([2, 1, 8, 8]))
    let scores = try #require(try model.run(["input": tensor])["scores"])
    #expect(scores.shape.dims == [2, 3])
    let values = try scores.array(of: Float.self)
    #expect(abs(values[0..<3].reduce(0, +) - 1) < 1e-5)
    #expect(values[0] > values[1] && values[1] > values[2])
  }

  @Test(arguments: ["softmax", "logits", "one-by-one"])
  func classifiesPictures(name: String) throws {
    let model = try Model(Self.path("\(name).onnx"))
    let pictures = try ["dark/01.png", "bright/01.png"].map {
      try Image(contentsOf: Self.path("pictures/\($0)"))
    }
    let scores = try model.classify(pictures)
    #expect(scores.count == 2)
    for row in scores {
      #expect(Set(row.map(\.label)) == ["dark", "medium", "bright"])
      #expect(row.map(\.probability) == row.map(\.probability).sorted(by: >))
      #expect(abs(row.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
    }
    #expect(try model.classify(pictures[0]) == scores[0])
  }

  @Test func errorsAreTyped() {
    #expect(throws: ZooError.self) { try Model("no-such-model-anywhere") }
    #expect(throws: ImportError.self) { try Model("/nowhere/model.onnx") }
    let error = #expect(throws: ImportError.self) { try Model(Self.path("unsupported.onnx")) }
    #expect(error?.isUnsupported == true)
  }
}
