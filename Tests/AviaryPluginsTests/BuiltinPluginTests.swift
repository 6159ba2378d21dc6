import Aviary
import Foundation
import Testing

/// What ships, seen as anybody's plugin, and static plugins of a third party beside it.
@Suite struct BuiltinPluginTests {
  /// Adds one thing of each kind that has no C interface, and a Swift operator.
  private struct Guest: AviaryPlugin {
    let manifest = PluginManifest(id: "guest", version: "1.0.0", summary: "a metric, a format, an operator")

    func register(with registrar: inout PluginRegistrar) throws(PluginError) {
      try registrar.add(
        Metric("share_of_first_class", title: "first", input: .labels) { predictions in
          Double(predictions.predicted.filter { $0 == 0 }.count) / Double(predictions.predicted.count)
        })
      try registrar.add(Shout())
      try registrar.add(Negate.self)
    }
  }

  private struct Shout: ReportFormat {
    let name = "shout"
    let summary = "facts in capitals"
    let fileExtension = "loud"
    func write(_ document: ReportDocument) -> Data {
      Data(document.facts.map { $0.name.uppercased() }.joined(separator: " ").utf8)
    }
  }

  private struct Negate: Operator {
    static let id = OperatorID("Negate", domain: "guest")
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { inputs }
    func run(_ context: RunContext) throws(OperatorError) {
      let x: UnsafeBufferPointer<Float> = try context.elements(0)
      let y = try context.make(0, try context.input(0).shape.dims, as: Float.self)
      for index in x.indices { y[index] = -x[index] }
    }
  }

  @Test func everythingThatShipsIsRegistered() throws {
    let registry = try BuiltinPlugins.registry()
    #expect(registry.metrics.map(\.name) == Metric.all.map(\.name))
    #expect(registry.formats.map(\.name) == ["text", "markdown", "csv", "json"])
    #expect(registry.steps.names == ["equalize", "gamma", "invert"])
    let standard = registry.operators.factories.filter { $0.key.domain != "com.microsoft" }
    #expect(standard.values.reduce(0) { $0 + $1.count } == StandardOperators.all.count)
    let plugins = Set(registry.contributions.map(\.plugin))
    #expect(plugins == Set(BuiltinPlugins.all.map(\.manifest.id)))
  }

  @Test func aGuestsMetricFormatAndOperatorTakePart() throws {
    let registry = try BuiltinPlugins.registry(with: [Guest()])
    let record = EvaluationRecord(
      version: 1,
      model: .init(
        id: "m", file: "m.onnx", sha256: "", bytes: 1,
        input: try Preprocessing(
          layout: .nchw, width: 1, height: 1, channels: .grey, scale: 1, mean: [0], std: [1]),
        outputKind: .probabilities, labels: ["a", "b"]),
      data: .init(kind: "k", path: "p", split: "s", contentHash: "", samples: 4), classes: ["a", "b"],
      samples: [(0, 0.9), (1, 0.8), (1, 0.3), (0, 0.6)].enumerated().map {
        .init(index: $0, id: "\($0)", label: $1.0, scores: [Float($1.1), 1 - Float($1.1)])
      }, skipped: [], run: .init(host: "", started: "", seconds: 0, threads: 1, batch: 1))
    #expect(try record.summary(metrics: registry.metrics)[metric: "share_of_first_class"] == 0.75)
    #expect(try record.summary()[metric: "share_of_first_class"] == nil)

    let document = ReportDocument(facts: [(name: "model", value: "m")], sections: [], data: 1)
    let shout = try #require(registry.format("shout"))
    #expect(String(decoding: try shout.write(document), as: UTF8.self) == "MODEL")

    var graph = Graph(name: "guest")
    graph.inputs = [.init(name: "x", type: .tensor(.float, SymbolicShape(known: [2])))]
    graph.outputs = [.init(name: "y", type: .tensor(.float, .unknown))]
    graph.nodes = [Node(id: Negate.id, opset: 1, inputs: ["x"], outputs: ["y"])]
    var options = SessionOptions()
    options.registry = registry.operators
    let y = try Session(graph: graph, options: options).run(["x": try Tensor([1, -2] as [Float])])["y"]
    #expect(try y?.array(of: Float.self) == [-1, 2])
    #expect(throws: ImportError.self) { try Session(graph: graph) }
  }

  /// Claims an operator that ships.
  private struct Thief: AviaryPlugin {
    let manifest = PluginManifest(id: "thief", version: "1.0.0", summary: "")
    func register(with registrar: inout PluginRegistrar) throws(PluginError) {
      try registrar.add(
        OperatorFactory(id: OperatorID("Conv"), opsets: 11...11) { (_, _) throws(ImportError) in
          throw ImportError(.unsupported, "never asked")
        })
    }
  }

  @Test func operatorsThatShipAreTaken() throws {
    #expect(
      throws: PluginError.duplicate(
        what: "operator", name: "Conv", plugin: "thief", other: "onnx-operators")
    ) { try BuiltinPlugins.registry(with: [Thief()]) }
  }

  private struct Equalized: Decodable {
    let width: Int
    let height: Int
    let channels: Int
    let input: [UInt8]
    let output: [UInt8]
  }

  private func apply(_ image: Image, _ step: Preprocessing.Step) throws -> [Float] {
    try Preprocessing(
      layout: .nhwc, width: image.width, height: image.height, channels: image.color == .grey ? .grey : .rgb,
      steps: [step], scale: 1, mean: [0], std: [1]
    ).resolved(with: BuiltinPlugins.registry().steps)(image)
  }

  @Test func equalizeIsPillows() throws {
    let data = try Data(contentsOf: PluginFixtures.folder.appendingPathComponent("expected.json"))
    let cases = try JSONDecoder().decode([String: [Equalized]].self, from: Self.onlyPictures(data))
    for example in try #require(cases["equalize"]) {
      let image = try #require(
        Image(
          width: example.width, height: example.height, color: example.channels == 1 ? .grey : .rgb,
          samples: example.input))
      #expect(try apply(image, .init("equalize")) == example.output.map { Float($0) })
    }
    #expect(cases["equalize"]?.count == 5)
  }

  private static func onlyPictures(_ data: Data) throws -> Data {
    let all = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    return try JSONSerialization.data(withJSONObject: ["equalize": all["equalize"] ?? []])
  }

  @Test func gammaAndInvert() throws {
    let image = try #require(Image(width: 4, height: 1, color: .grey, samples: [0, 64, 128, 255]))
    // 255 (s / 255)^2, rounded.
    #expect(try apply(image, .init("gamma", ["gamma": .number(2)])) == [0, 16, 64, 255])
    #expect(try apply(image, .init("invert")) == [255, 191, 127, 0])
    for step in [
      Preprocessing.Step("gamma"), .init("gamma", ["gamma": .number(0)]),
      .init("gamma", ["gamma": .text("2")]), .init("invert", ["by": .number(1)]), .init("no-such-step"),
    ] {
      #expect(throws: PreprocessingError.self) { try apply(image, step) }
    }
  }

  @Test func stepsSurviveJSONAndAreNotRunUnresolved() throws {
    let contract = try Preprocessing(
      layout: .nchw, width: 1, height: 1, channels: .grey,
      steps: [
        .init("gamma", ["gamma": .number(2)]),
        .init("x", ["a": .text("t"), "b": .flag(true), "c": .numbers([1, 2.5])]),
      ], scale: 1, mean: [0], std: [1])
    let decoded = try JSONDecoder().decode(Preprocessing.self, from: JSONEncoder().encode(contract))
    #expect(decoded == contract)
    let image = try #require(Image(width: 1, height: 1, color: .grey, samples: [7]))
    #expect(throws: ImageError.Reason.self) { try decoded(image) }
  }

  @Test func theWholePictureIsTheFace() throws {
    let registry = try BuiltinPlugins.registry()
    let image = try #require(Image(width: 3, height: 2, color: .rgb, samples: [UInt8](0..<18)))
    let faces = try registry.detector("none").detect(image)
    #expect(faces == [DetectedFace(x: 0, y: 0, width: 3, height: 2, score: 1)])
    #expect(try image.cropped(to: faces[0]) == image)
    #expect(throws: DetectionError.self) { try registry.detector("none:weights") }
  }

  @Test(arguments: [
    (DetectedFace(x: -5, y: -5, width: 7, height: 6, score: 1), [UInt8]([0, 1])),
    (DetectedFace(x: 1.4, y: 0.6, width: 1, height: 1e6, score: 1), [UInt8]([4])),
  ])
  func crops(_ face: DetectedFace, _ samples: [UInt8]) throws {
    let image = try #require(Image(width: 3, height: 2, color: .grey, samples: [UInt8](0..<6)))
    #expect(try image.cropped(to: face).samples == samples)
  }

  @Test(arguments: [
    DetectedFace(x: 3, y: 0, width: 2, height: 2, score: 1),
    DetectedFace(x: 0, y: 0, width: .nan, height: 2, score: 1),
    DetectedFace(x: 0, y: 0, width: 0.2, height: 0.2, score: 1),
    DetectedFace(x: .infinity, y: 0, width: 1, height: 1, score: 1),
  ])
  func boxesWithoutAPixel(_ face: DetectedFace) throws {
    let image = try #require(Image(width: 3, height: 2, color: .grey, samples: [UInt8](0..<6)))
    #expect(throws: ImageError.Reason.self) { try image.cropped(to: face) }
  }
}
