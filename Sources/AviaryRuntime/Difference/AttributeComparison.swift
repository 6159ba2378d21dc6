import AviaryCore

/// One thing that is not the same in two models, with what each says; `nil` where it says nothing.
public struct Change: Sendable, Encodable, Equatable {
  public let name: String
  public let first: String?
  public let second: String?

  public init(_ name: String, _ first: String?, _ second: String?) {
    self.name = name
    self.first = first
    self.second = second
  }
}

/// Compares what nodes are told by attributes. A default that one of them spells out is no difference.
struct AttributeComparison {
  let evaluator: NodeEvaluator

  func changes(_ a: Node, _ b: Node) -> [Change] {
    Set(a.attributes.keys).union(b.attributes.keys).sorted().compactMap { name in
      let (x, y) = (a.attributes[name], b.attributes[name])
      if let x, let y {
        let (left, right) = (text(x), text(y))
        if case .graph(let first) = x, case .graph(let second) = y {
          return Self.difference(first, second, evaluator).map { Change(name, "its body", "another: \($0)") }
        }
        return left == right && sameTensors(x, y) ? nil : Change(name, left, right)
      }
      guard let present = x ?? y, !Self.isDefault(name, present, of: a, rank: rank(a)) else { return nil }
      return Change(name, x.map(text), y.map(text))
    }
  }

  private func rank(_ node: Node) -> Int? {
    if case .ints(let shape)? = node.attributes["kernel_shape"] { return shape.count }
    return nil
  }

  /// What differs first between two bodies; `nil` where nothing does.
  private static func difference(_ a: Graph, _ b: Graph, _ evaluator: NodeEvaluator) -> String? {
    let difference = GraphDifference(a, b, evaluator: evaluator)
    return difference.isSame ? nil : difference.firstLine
  }

  private func sameTensors(_ x: AttributeValue, _ y: AttributeValue) -> Bool {
    guard case .tensor(let a) = x, case .tensor(let b) = y else { return true }
    return a.elementType == b.elementType && TensorDifference(a, b)?.differing == 0
  }

  /// Short enough for a line.
  private func text(_ value: AttributeValue) -> String {
    func list(_ texts: [String]) -> String {
      "[" + texts.prefix(16).joined(separator: ", ") + (texts.count > 16 ? ", ...]" : "]")
    }
    switch value {
    case .float(let value): return "\(value)"
    case .int(let value): return "\(value)"
    case .string(let value): return value
    case .floats(let values): return list(values.map { "\($0)" })
    case .ints(let values): return list(values.map { "\($0)" })
    case .strings(let values): return list(values)
    case .tensor(let tensor): return "\(tensor.elementType.name) \(tensor.shape)"
    case .tensors(let tensors): return list(tensors.map { "\($0.elementType.name) \($0.shape)" })
    case .graph(let graph): return "graph of \(graph.nodes.count) nodes"
    case .graphs(let graphs): return list(graphs.map { "graph of \($0.nodes.count) nodes" })
    case .sparseTensor(let tensor): return "sparse \(tensor.shape)"
    case .sparseTensors(let tensors): return list(tensors.map { "sparse \($0.shape)" })
    case .type(let type): return "\(type)"
    case .types(let types): return list(types.map { "\($0)" })
    }
  }

  /// The defaults of the specification that exporters spell out or leave out as they like.
  private static func isDefault(_ name: String, _ value: AttributeValue, of node: Node, rank: Int?) -> Bool {
    switch (name, value) {
    case ("dilations", .ints(let values)), ("strides", .ints(let values)):
      return values.allSatisfy { $0 == 1 }
    case ("pads", .ints(let values)), ("output_padding", .ints(let values)):
      return values.allSatisfy { $0 == 0 }
    case ("kernel_shape", _):
      // Follows from the weights, which are compared.
      return ["Conv", "ConvTranspose"].contains(node.id.name)
    case ("auto_pad", .string(let value)): return value == "NOTSET"
    case ("mode", .string(let value)): return node.id.name == "Pad" ? value == "constant" : value == "nearest"
    case ("alpha", .float(let value)):
      return value
        == (["LeakyRelu": 0.01, "HardSigmoid": 0.2, "Selu": 1.67326319217681884765625][node.id.name] ?? 1)
    case ("beta", .float(let value)): return value == (node.id.name == "HardSigmoid" ? 0.5 : 1)
    case ("epsilon", .float(let value)): return value == 1e-5
    case ("momentum", .float(let value)): return value == 0.9
    case ("group", .int(let value)), ("keepdims", .int(let value)): return value == 1
    case ("axis", .int(let value)):
      return value
        == (["Flatten": 1, "Softmax": -1, "LogSoftmax": -1, "LayerNormalization": -1][node.id.name] ?? 0)
    case ("stash_type", .int(let value)), ("saturate", .int(let value)): return value == 1
    case ("to", _), ("value", _), ("perm", _), ("axes", _): return false
    case (_, .int(let value)): return value == 0
    default: return false
    }
  }
}
