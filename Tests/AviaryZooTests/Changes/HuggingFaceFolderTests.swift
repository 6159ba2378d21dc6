import Aviary
import Foundation
import TestSupport
import Testing

@Suite struct HuggingFaceFolderTests {
  private func folder(_ config: String?, _ preprocessor: String?, model: String = "model.onnx") throws
    -> Scratch
  {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      at: scratch.url.appendingPathComponent(model).deletingLastPathComponent(),
      withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Shipped.model("fer-cnn-bn"), toPath: "\(scratch.path)/\(model)")
    if let config { try scratch.file("config.json", config) }
    if let preprocessor { try scratch.file("preprocessor_config.json", preprocessor) }
    return scratch
  }

  @Test(arguments: ["model.onnx", "onnx/model.onnx", "fer.onnx"])
  func labelsAndNumbers(_ model: String) throws {
    let scratch = try folder(
      #"{"id2label": {"1": "disgust", "0": "angry", "2": "fear", "3": "happy", "4": "sad", "5": "surprise", "6": "neutral"}}"#,
      #"{"do_resize": true, "size": {"height": 48, "width": 48}, "resample": 3, "do_rescale": true, "rescale_factor": 0.5, "do_normalize": true, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}"#,
      model: model)
    try scratch.file(
      "README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\nlicense: not this\n")
    let found = try HuggingFaceFolder(scratch.path)
    #expect(found.labels == Shipped.classes && found.license == "apache-2.0")
    #expect(found.size == PixelSize(width: 48, height: 48))
    let numbers = try #require(found.numbers)
    #expect(numbers.scale == 0.5 && numbers.mean == [0.1, 0.2, 0.3] && numbers.std == [0.4, 0.5, 0.6])
    #expect(numbers.resize == .init(kernel: .bicubic, antialias: true))

    var hints = ModelProposal.Hints()
    hints.folder = found
    let proposal = try ModelProposal(
      path: found.modelPath, catalog: BuiltinPlugins.registry().families, hints: hints)
    #expect(proposal.contract.labels == Shipped.classes)
    // A grey input takes the mean of the three.
    #expect(abs((proposal.contract.input.mean.first ?? 0) - 0.2) < 1e-12)
    #expect(proposal.contract.input.scale == 0.5)
  }

  @Test func placeholdersAreNoNames() throws {
    let scratch = try folder(#"{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}"#, nil)
    let found = try HuggingFaceFolder(scratch.path)
    #expect(found.labels == nil && found.placeholders == ["LABEL_0", "LABEL_1"])
    let named = try folder(#"{"id2label": {"0": "0", "1": "1"}}"#, nil)
    #expect(try HuggingFaceFolder(named.path).labels == ["0", "1"])
  }

  @Test func cropsAndSwitches() throws {
    let crop = try folder(
      nil,
      #"{"do_resize": true, "size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": 224, "do_normalize": false}"#
    )
    let found = try HuggingFaceFolder(crop.path)
    #expect(found.labels == nil)
    #expect(found.size == PixelSize(width: 224, height: 224))
    #expect(found.numbers?.resize?.mode == .shortestSideThenCenterCrop && found.numbers?.resize?.size == 256)
    #expect(found.numbers?.mean == [0] && found.numbers?.std == [1])
    let raw = try folder(nil, #"{"do_resize": false, "do_rescale": false, "do_normalize": false}"#)
    let numbers = try HuggingFaceFolder(raw.path).numbers
    #expect(numbers?.scale == 1 && numbers?.resize == nil)
  }

  private func proposal(_ preprocessor: String) throws -> ModelProposal {
    let scratch = try folder(nil, preprocessor)
    defer { withExtendedLifetime(scratch) {} }
    var hints = ModelProposal.Hints()
    let found = try HuggingFaceFolder(scratch.path)
    hints.folder = found
    return try ModelProposal(path: found.modelPath, catalog: BuiltinPlugins.registry().families, hints: hints)
  }

  /// What the folder does not say is not put into its mouth.
  @Test func whatTheFolderDoesNotSay() throws {
    let silent = try folder(nil, "{}")
    let nothing = try HuggingFaceFolder(silent.path)
    #expect(nothing.numbers == nil && nothing.resizing == nil && nothing.size == nil)
    let sized = try folder(nil, #"{"do_normalize": null, "size": 48}"#)
    #expect(try HuggingFaceFolder(sized.path).numbers == nil)
    #expect(try !proposal("{}").assumption.contains("folder"))
    let half = try proposal(#"{"image_mean": [0.5], "image_std": [0.5], "size": 48}"#)
    #expect(half.assumption.contains("the folder says so, but not that pixels are divided by 255"))
    let shown = try proposal(#"{"resample": 3}"#)
    #expect(shown.contract.input.resize?.kernel == .bicubic)
    #expect(shown.assumption.hasSuffix("; resized as preprocessor_config.json says"), "\(shown.assumption)")
    let whole = try proposal(#"{"rescale_factor": 0.5, "do_normalize": false, "do_resize": false}"#)
    #expect(whole.assumption == "preprocessor_config.json: the folder says so")
    #expect(whole.contract.input.resize == nil)
  }

  @Test func sizesThatContradictTheGraph() throws {
    let other = try proposal(#"{"size": {"height": 224, "width": 224}}"#)
    #expect(other.contradictions.count == 1)
    for size in ["224x224", "48x48"] { #expect(other.contradictions.first?.contains(size) == true) }
    #expect(other.contract.input.width == 48)
    #expect(try proposal(#"{"size": 48}"#).contradictions.isEmpty)
  }

  /// (the file, what the message must say)
  static let faults: [(String, String)] = [
    (#"{"resample": 99}"#, "resample is 99; known are 0 nearest, 1 lanczos"), (#"{"resample": "cubic"}"#, "resample"),
    (#"{"image_mean": 0, "image_std": 0}"#, "image_std has a 0"),
    (#"{"image_mean": [0, 0, 0], "image_std": [1, 0, 1]}"#, "image_std has a 0"),
    (#"{"rescale_factor": 0}"#, "rescale_factor is 0"), (#"{"do_rescale": "yes"}"#, "do_rescale must be true or false"),
    (#"{"do_normalize": true}"#, "image_mean must be one number or three, and is missing"),
    (#"{"size": {"depth": 3}}"#, "size must be"), (#"{"size": 0}"#, "size is 0x0"),
    ("{\n  \"size\": 48,,\n}", "line 2, column 14"),
  ]

  @Test(arguments: faults)
  func faultsAreNamedWithTheFile(_ preprocessor: String, _ message: String) throws {
    let scratch = try folder(nil, preprocessor)
    let error = #expect(throws: ZooError.self) { try HuggingFaceFolder(scratch.path) }
    #expect(error?.description.hasPrefix("\(scratch.path)/preprocessor_config.json: ") == true)
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test(
    arguments: [
      (#"{"id2label": {"0": "a", "2": "c"}}"#, nil), ("[", nil),
      (nil, #"{"do_normalize": true, "image_mean": [1, 2], "image_std": [1]}"#), (nil, "nonsense"),
    ] as [(String?, String?)])
  func unusable(_ config: String?, _ preprocessor: String?) throws {
    let scratch = try folder(config, preprocessor)
    #expect(throws: ZooError.self) { try HuggingFaceFolder(scratch.path) }
  }

  @Test func noModelOrSeveral() throws {
    let scratch = try Scratch()
    #expect(throws: ZooError.self) { try HuggingFaceFolder(scratch.path) }
    try scratch.file("a.onnx", "x")
    try scratch.file("b.onnx", "x")
    let error = #expect(throws: ZooError.self) { try HuggingFaceFolder(scratch.path) }
    #expect(error?.description.contains("a.onnx, b.onnx") == true)
  }
}
