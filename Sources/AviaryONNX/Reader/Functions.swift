import AviaryCore
import CONNX

/// What identifies a model-local function.
struct FunctionKey: Hashable {
  let id: OperatorID
  let overload: String
}

// Expansion of calls of model-local functions. A call is replaced by the nodes of the body: formal inputs
// and outputs become the call's, all other names get a prefix that no name of the model begins with in
// this combination, and attribute references take the call's values or the function's defaults.
// Source: ONNX IR specification, "Functions".
extension GraphReader {
  /// - Throws: `ImportError` (`invalidGraph`) for a second function of the same identity.
  func add(_ function: UnsafeMutablePointer<Onnx__FunctionProto>) throws(ImportError) {
    let id = OperatorID(text(function.pointee.name), domain: text(function.pointee.domain))
    let key = FunctionKey(id: id, overload: text(function.pointee.overload))
    guard functions.updateValue(function, forKey: key) == nil else {
      throw ImportError(.invalidGraph, "function '\(id)' is defined twice")
    }
  }

  /// Appends the body of the function that `call` calls.
  func expand(
    _ call: Node, _ key: FunctionKey, _ function: Onnx__FunctionProto, _ outer: Scope,
    to nodes: inout [Node]
  ) throws(ImportError) {
    guard !outer.calls.contains(key) else {
      throw ImportError(.invalidGraph, "function '\(key.id)' calls itself")
    }
    guard outer.depth < limits.nesting else {
      throw ImportError(.limit, "graphs and functions are nested more than \(limits.nesting) deep")
    }
    var scope = Scope()
    scope.calls = outer.calls + [key]
    scope.depth = outer.depth + 1
    var ignored: [String] = []
    scope.opsets = try ModelReader.opsets(function.n_opset_import, function.opset_import, &ignored)
    scope.prefix = prefix(for: call, Self.definedNames(function))

    let inputs = texts(function.n_input, function.input)
    let outputs = texts(function.n_output, function.output)
    guard call.inputs.count <= inputs.count, call.outputs.count <= outputs.count else {
      throw ImportError(
        .invalidGraph,
        """
        gives \(call.inputs.count) inputs and takes \(call.outputs.count) outputs of a function that has \
        \(inputs.count) and \(outputs.count)
        """)
    }
    for (index, name) in inputs.enumerated() {
      scope.formal[name] = index < call.inputs.count ? call.inputs[index] : ""
    }
    // An output that is an input as well, or that is given out twice, needs a node that makes it.
    var copies: [(from: String, to: String)] = []
    for (name, wanted) in zip(outputs, call.outputs) where !wanted.isEmpty {
      if scope.formal[name] == nil {
        scope.formal[name] = wanted
      } else {
        copies.append((name, wanted))
      }
    }
    scope.attributes = call.attributes
    for attribute in list(function.n_attribute_proto, function.attribute_proto) {
      guard let (name, value) = try self.attribute(attribute.pointee, scope) else { continue }
      if call.attributes[name] == nil { scope.attributes?[name] = value }
    }
    for node in list(function.n_node, function.node) {
      try append(node.pointee, scope, to: &nodes)
    }
    for copy in copies {
      nodes.append(
        Node(
          name: "\(scope.prefix)Identity", id: OperatorID("Identity"),
          opset: scope.opsets[""] ?? opsets[""] ?? 1, inputs: [scope.name(copy.from)],
          outputs: [copy.to]))
    }
  }

  /// A prefix under which none of `inner` is a name of the model already.
  private func prefix(for call: Node, _ inner: Set<String>) -> String {
    // Labels grow with every function in a function; beyond some length a number says as much.
    let label = call.label.utf8.count <= 256 ? call.label : call.id.name
    var candidate = "\(label)/"
    var number = 1
    while prefixes.contains(candidate) || inner.contains(where: { names.contains(candidate + $0) }) {
      number = prefixes.contains(candidate) ? max(number + 1, prefixes.count) : number + 1
      candidate = "\(label)#\(number)/"
    }
    prefixes.insert(candidate)
    for name in inner { names.insert(candidate + name) }
    return candidate
  }

  /// Names of the values that a graph and its subgraphs define.
  static func definedNames(_ proto: Onnx__GraphProto) -> Set<String> {
    var names = Set(list(proto.n_input, proto.input).map { text($0.pointee.name) })
    for tensor in list(proto.n_initializer, proto.initializer) { names.insert(text(tensor.pointee.name)) }
    for sparse in list(proto.n_sparse_initializer, proto.sparse_initializer) {
      names.insert(text(sparse.pointee.values?.pointee.name))
    }
    for node in list(proto.n_node, proto.node) { names.formUnion(definedNames(node.pointee)) }
    return names
  }

  private static func definedNames(_ proto: Onnx__FunctionProto) -> Set<String> {
    var names: Set<String> = []
    for node in list(proto.n_node, proto.node) { names.formUnion(definedNames(node.pointee)) }
    return names
  }

  private static func definedNames(_ proto: Onnx__NodeProto) -> Set<String> {
    var names = Set(texts(proto.n_output, proto.output))
    for attribute in list(proto.n_attribute, proto.attribute) {
      if let graph = attribute.pointee.g { names.formUnion(definedNames(graph.pointee)) }
      for graph in list(attribute.pointee.n_graphs, attribute.pointee.graphs) {
        names.formUnion(definedNames(graph.pointee))
      }
    }
    return names
  }
}
