/// One operator application of a graph.
public struct Node: Sendable {
  /// The node's name in the model; may be empty. `label` is what messages show.
  public var name: String
  public var id: OperatorID
  /// The opset version of `id.domain` that governs this node (functions may differ from their model).
  public var opset: Int
  /// Names of values; an empty name is an omitted optional input.
  public var inputs: [String]
  /// Names of values; an empty name is an output nobody wants.
  public var outputs: [String]
  public var attributes: [String: AttributeValue]

  public init(
    name: String = "", id: OperatorID, opset: Int, inputs: [String], outputs: [String],
    attributes: [String: AttributeValue] = [:]
  ) {
    self.name = name
    self.id = id
    self.opset = opset
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  /// The name, or for a nameless node its first output, so that every message can say which node it means.
  public var label: String { name.isEmpty ? (outputs.first { !$0.isEmpty } ?? "?") : name }

  /// The subgraphs among the attributes, by attribute name.
  public var subgraphs: [String: Graph] {
    attributes.compactMapValues { if case .graph(let graph) = $0 { graph } else { nil } }
  }
}
