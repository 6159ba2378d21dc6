import AviaryCore
import CONNX

/// Turns `GraphProto` into `Graph`, subgraphs and calls of model-local functions included.
final class GraphReader {
  let tensors: TensorReader
  let limits: Limits
  /// The model's own operator sets.
  let opsets: [String: Int]
  var functions: [FunctionKey: UnsafeMutablePointer<Onnx__FunctionProto>] = [:]
  /// Names of values in the whole model; collected only where functions need new ones beside them.
  var names: Set<String> = []
  var prefixes: Set<String> = []
  /// Tensors within functions by the address of their message: a body that is expanded again shares them.
  var shared: [UnsafeRawPointer: Tensor] = [:]
  private(set) var warnings: [String] = []
  private var nodes = 0

  init(tensors: TensorReader, opsets: [String: Int], limits: Limits) {
    self.tensors = tensors
    self.opsets = opsets
    self.limits = limits
  }

  /// What names and attributes mean at some place of the model.
  struct Scope {
    /// Operator sets of the function around; empty in the model's own graph.
    var opsets: [String: Int] = [:]
    /// What a function's formal inputs and outputs are called outside.
    var formal: [String: String] = [:]
    /// Goes before every other name within a function.
    var prefix = ""
    /// The attributes of the call; `nil` outside functions.
    var attributes: [String: AttributeValue]?
    /// The functions being expanded, outermost first.
    var calls: [FunctionKey] = []
    /// Graphs and functions around.
    var depth = 0

    func name(_ name: String) -> String {
      if name.isEmpty { return "" }
      return formal[name] ?? (prefix.isEmpty ? name : prefix + name)
    }
  }

  /// The graph of the model itself.
  func model(_ proto: Onnx__GraphProto) throws(ImportError) -> Graph {
    if !functions.isEmpty { names = Self.definedNames(proto) }
    return try graph(proto, Scope())
  }

  /// - Throws: `ImportError`; a node's errors name the node.
  func graph(_ proto: Onnx__GraphProto, _ outer: Scope) throws(ImportError) -> Graph {
    var scope = outer
    scope.depth += 1
    guard scope.depth <= limits.nesting else {
      throw ImportError(.limit, "graphs and functions are nested more than \(limits.nesting) deep")
    }
    if !scope.formal.isEmpty {
      for name in Self.definedNames(proto) { scope.formal[name] = nil }
    }
    var graph = Graph(name: text(proto.name))
    for tensor in list(proto.n_initializer, proto.initializer) {
      let name = scope.name(text(tensor.pointee.name))
      try add(try self.tensor(tensor, scope), name, to: &graph)
    }
    for sparse in list(proto.n_sparse_initializer, proto.sparse_initializer) {
      let name = text(sparse.pointee.values?.pointee.name)
      let value = try tensors.sparse(sparse.pointee)
      try add(try tensors.dense(value, name: name), scope.name(name), to: &graph)
    }
    var inputs: Set<String> = []
    for proto in list(proto.n_input, proto.input) {
      let input = try declaration(proto.pointee, scope)
      guard inputs.insert(input.name).inserted, !input.name.isEmpty else {
        throw ImportError(.invalidGraph, "graph input '\(input.name)' has no name or stands there twice")
      }
      if graph.initializers[input.name] == nil {
        graph.inputs.append(input)
      } else {
        graph.defaultedInputs.append(input)
      }
    }
    for output in list(proto.n_output, proto.output) {
      graph.outputs.append(try declaration(output.pointee, scope))
    }
    for info in list(proto.n_value_info, proto.value_info) {
      let declared = try declaration(info.pointee, scope)
      graph.declarations[declared.name] = declared.type
    }
    graph.nodes.reserveCapacity(proto.n_node)
    for node in list(proto.n_node, proto.node) {
      try append(node.pointee, scope, to: &graph.nodes)
    }
    return graph
  }

  private func add(_ tensor: Tensor, _ name: String, to graph: inout Graph) throws(ImportError) {
    guard !name.isEmpty else { throw ImportError(.invalidGraph, "an initializer has no name") }
    guard graph.initializers.updateValue(tensor, forKey: name) == nil else {
      throw ImportError(.invalidGraph, "initializer '\(name)' stands there twice")
    }
  }

  private func declaration(
    _ proto: Onnx__ValueInfoProto, _ scope: Scope
  ) throws(ImportError) -> Graph.Declaration {
    let name = scope.name(text(proto.name))
    do {
      return Graph.Declaration(name: name, type: try TypeReader.type(proto.type))
    } catch {
      var named = error
      named.message = "value '\(name)': \(error.message)"
      throw named
    }
  }

  // MARK: Nodes

  /// Appends a node, or the body of the function that it calls.
  func append(
    _ proto: Onnx__NodeProto, _ scope: Scope, to nodes: inout [Node]
  ) throws(ImportError) {
    self.nodes += 1
    guard self.nodes <= limits.nodes else {
      throw ImportError(.limit, "has more than \(limits.nodes) nodes, functions expanded")
    }
    let id = OperatorID(text(proto.op_type), domain: text(proto.domain))
    let name = text(proto.name)
    var node = Node(
      name: name.isEmpty ? "" : scope.prefix + name, id: id, opset: 0,
      inputs: texts(proto.n_input, proto.input).map(scope.name),
      outputs: texts(proto.n_output, proto.output).map(scope.name))
    do {
      try complete(&node, proto, scope)
      let key = FunctionKey(id: id, overload: text(proto.overload))
      if let function = functions[key] {
        try expand(node, key, function.pointee, scope, to: &nodes)
      } else {
        node.opset = try opset(of: id, scope)
        nodes.append(node)
      }
    } catch {
      throw error.at(node: node)
    }
  }

  private func complete(
    _ node: inout Node, _ proto: Onnx__NodeProto, _ scope: Scope
  ) throws(ImportError) {
    guard !node.id.name.isEmpty else { throw ImportError(.invalidGraph, "a node has no operator") }
    for attribute in list(proto.n_attribute, proto.attribute) {
      guard let (name, value) = try self.attribute(attribute.pointee, scope) else { continue }
      guard node.attributes.updateValue(value, forKey: name) == nil else {
        throw ImportError(.invalidAttribute, "attribute '\(name)' stands there twice")
      }
    }
  }

  private func opset(of id: OperatorID, _ scope: Scope) throws(ImportError) -> Int {
    if let version = scope.opsets[id.domain] ?? opsets[id.domain] { return version }
    guard !id.domain.isEmpty else {
      throw ImportError(.invalidGraph, "the model imports no operator set of the default domain")
    }
    let warning = "operator set '\(id.domain)' is used but not imported; version 1 is assumed"
    if !warnings.contains(warning) { warnings.append(warning) }
    return 1
  }

  /// A tensor, decoded once even where its function is expanded often.
  func tensor(
    _ proto: UnsafeMutablePointer<Onnx__TensorProto>, _ scope: Scope
  ) throws(ImportError) -> Tensor {
    guard !scope.calls.isEmpty else { return try tensors.tensor(proto.pointee) }
    if let known = shared[UnsafeRawPointer(proto)] { return known }
    let tensor = try tensors.tensor(proto.pointee)
    shared[UnsafeRawPointer(proto)] = tensor
    return tensor
  }
}
