import AviaryCore
import AviaryRuntime
import AviaryZoo

/// Measures what one image takes, beside a product of matrices: the quotient is free of how fast the machine
/// is, and nearly free of what else it does meanwhile.
public struct LatencyProbe: Sendable {
  /// The reference kernel multiplies two square matrices of this side, on one thread.
  private static let side = 384
  private let reference: Session
  private let left: Tensor

  /// - Throws: `ImportError`, `TensorError`.
  public init() throws {
    let shape = try Shape([Self.side, Self.side])
    func matrix(_ seed: UInt64) throws -> Tensor {
      var generator = SplitMix64(state: seed)
      return try Tensor((0..<shape.count).map { _ in Float(generator.normal()) }, shape: shape)
    }
    left = try matrix(1)
    let type = ValueType.tensor(.float, SymbolicShape(shape))
    let graph = Graph(
      name: "reference", inputs: [.init(name: "a", type: type)], outputs: [.init(name: "c", type: type)],
      nodes: [Node(name: "product", id: OperatorID("MatMul"), opset: 13, inputs: ["a", "b"], outputs: ["c"])],
      initializers: ["b": try matrix(2)])
    var options = SessionOptions()
    options.threads = 1
    reference = try Session(graph: graph, options: options)
  }

  /// Times one image and the reference kernel in turn and takes the quickest of each: whatever else runs
  /// only ever adds.
  ///
  /// - Parameter rounds: how often both are timed.
  /// - Throws: `RunError`, `ZooError`, `TensorError`.
  public func measure(_ classifier: Classifier, rounds: Int = 60) throws -> Baseline.Latency {
    var generator = SplitMix64(state: 3)
    let low = classifier.contract.input.count
    let picture = (0..<low).map { _ in Float(generator.normal()) }
    let clock = ContinuousClock()
    var best: (model: Duration, reference: Duration) = (.seconds(3600), .seconds(3600))
    // The first runs make plans and pack weights.
    for round in 0..<rounds + 2 {
      var start = clock.now
      _ = try classifier.rawScores(prepared: [picture])
      let model = clock.now - start
      start = clock.now
      _ = try reference.run(["a": left])
      let kernel = clock.now - start
      if round >= 2 { best = (min(best.model, model), min(best.reference, kernel)) }
    }
    return Baseline.Latency(
      milliseconds: Self.milliseconds(best.model), referenceMilliseconds: Self.milliseconds(best.reference))
  }

  private static func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) * 1e-15
  }
}
