import AviaryCore
import AviaryKernels
import AviaryONNX

/// What two models do not have in common.
public struct ModelDifference: Sendable, Encodable {
  public let first: String
  public let second: String
  /// Versions and origin: worth knowing, and no difference of what is computed.
  public let origin: [Change]
  public let graph: GraphDifference

  public var isSame: Bool { graph.isSame }

  private enum CodingKeys: String, CodingKey { case first, second, same, origin, graph }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(first, forKey: .first)
    try container.encode(second, forKey: .second)
    try container.encode(isSame, forKey: .same)
    try container.encode(origin, forKey: .origin)
    try container.encode(graph, forKey: .graph)
  }

  /// - Parameter options: the operators with which weights behind Cast and its like are computed, and limits.
  ///   Operators that are not supported can be compared all the same.
  /// - Throws: `ImportError` where the built-in operators clash.
  public init(_ first: ONNXModel, _ second: ONNXModel, options: SessionOptions = .init()) throws(ImportError)
  {
    let registry: OperatorRegistry
    if let given = options.registry { registry = given } else { registry = try Session.standardRegistry() }
    let evaluator = NodeEvaluator(
      registry: registry, limits: options.limits,
      parallel: ThreadPool.shared(threads: options.threads > 0 ? options.threads : nil))
    self.first = first.file
    self.second = second.file
    graph = GraphDifference(first.graph, second.graph, evaluator: evaluator)
    func opsets(_ model: ONNXModel) -> String {
      model.opsets.sorted { $0.key < $1.key }
        .map { "\($0.key.isEmpty ? "ai.onnx" : $0.key) \($0.value)" }.joined(separator: ", ")
    }
    origin = [
      Change("IR version", "\(first.irVersion)", "\(second.irVersion)"),
      Change("operator sets", opsets(first), opsets(second)),
      Change(
        "producer", "\(first.producerName) \(first.producerVersion)",
        "\(second.producerName) \(second.producerVersion)"),
      Change("model version", "\(first.modelVersion)", "\(second.modelVersion)"),
    ].filter { $0.first != $0.second }
  }
}
