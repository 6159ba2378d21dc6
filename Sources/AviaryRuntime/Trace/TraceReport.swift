/// Where the values of a model part from those of another one, or from recorded ones.
public struct TraceReport: Sendable, Encodable {
  /// The first node, in the order of the graph, whose result is another while everything before agrees.
  public struct Divergence: Sendable, Encodable {
    public let node: String
    public let `operator`: String
    /// What the other model calls the node, where that is another name.
    public let other: String?
    /// The node's output that differs, and its shape.
    public let value: String
    public let shape: [Int]
    /// The shape it is compared with, where that is another.
    public let otherShape: [Int]?
    /// Absent where shapes differ, and for fingerprints, which only say that something is different.
    public let difference: TensorDifference?
    public let problem: String?
    /// What the two nodes are told that is not the same.
    public let attributes: [Change]
    /// Which of the two nodes' weights differ.
    public let weights: [GraphDifference.WeightChange]
    /// Nodes before it that only one of the models has.
    public let onlyFirst: [GraphDifference.NodeLine]
    public let onlySecond: [GraphDifference.NodeLine]
  }

  /// A value that was compared. `relative` is the largest difference in units of the largest magnitude.
  public struct Step: Sendable, Encodable {
    public let node: String
    public let `operator`: String
    public let value: String
    public let relative: Double?
  }

  /// The model as it usually runs, after the optimizer's passes, compared with node by node.
  public struct OptimizedRun: Sendable, Encodable {
    public let relative: Double
    public let agrees: Bool
    /// Passes without which it agrees.
    public let passes: [String]
  }

  public let model: String
  public let reference: String
  public let tolerance: Double
  /// Nodes that compute something from the inputs.
  public let nodes: Int
  /// Nodes whose results were compared, up to the first that differs.
  public let compared: Int
  /// The largest relative difference of what agrees.
  public let largestAgreeing: Double
  public let first: Divergence?
  /// Everything that was compared, where that was asked for.
  public let steps: [Step]
  public let outputs: [Step]
  public let optimized: OptimizedRun?
  public let notes: [String]

  public var agrees: Bool { first == nil && (optimized?.agrees ?? true) }

  private enum CodingKeys: String, CodingKey {
    case model, reference, agrees, tolerance, nodes, compared, largestAgreeing, first, steps, outputs,
      optimized
    case notes
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(reference, forKey: .reference)
    try container.encode(agrees, forKey: .agrees)
    try container.encode(tolerance, forKey: .tolerance)
    try container.encode(nodes, forKey: .nodes)
    try container.encode(compared, forKey: .compared)
    try container.encode(largestAgreeing, forKey: .largestAgreeing)
    try container.encodeIfPresent(first, forKey: .first)
    if !steps.isEmpty { try container.encode(steps, forKey: .steps) }
    try container.encode(outputs, forKey: .outputs)
    try container.encodeIfPresent(optimized, forKey: .optimized)
    try container.encode(notes, forKey: .notes)
  }
}
