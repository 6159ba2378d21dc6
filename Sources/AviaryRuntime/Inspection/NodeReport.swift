import AviaryCore

/// What `inspect` shows of a node, for given input shapes.
public struct NodeReport: Sendable {
  public let node: Node
  /// Types of inputs and outputs, as far as known; absent inputs are left out.
  public let inputs: [(name: String, type: ValueType)]
  public let outputs: [(name: String, type: ValueType)]
  /// Elements of the constant floating-point inputs: weights and biases.
  public let parameters: Int
  /// Multiply-adds of one run; 0 for nodes that are not products of matrices or convolutions.
  public let multiplyAdds: Int
  /// What computes the node for these shapes; `nil` where its result is known without running it.
  public let kernel: KernelChoice?
}

extension Session {
  /// The nodes that run, with shapes, parameters and multiply-adds.
  ///
  /// - Parameter inputShapes: extents for inputs that declare symbols; those not given count as 1.
  /// - Throws: `RunError` where a shape cannot be.
  public func inspect(inputShapes: [String: [Int]] = [:]) throws(RunError) -> [NodeReport] {
    let types = try concreteInputTypes(inputShapes)
    var given: [Int: ValueInfo] = [:]
    for (slot, type) in zip(program.inputs, types) { given[slot] = ValueInfo(type) }
    let infos = try Inference(program, given: given, evaluator: evaluator).infos
    // Shapes that no run could have (beyond its memory budget) can still be looked at.
    let kernels = (try? Plan(program, inputs: types, evaluator: evaluator))?.explanations(program) ?? [:]
    return program.steps.enumerated().map { index, step in
      let inputs = step.inputs.map { $0.map { infos[$0] } ?? .absent }
      let outputs = step.outputs.map { $0.map { infos[$0] } ?? .absent }
      return NodeReport(
        node: step.node,
        inputs: zip(step.node.inputs, inputs).filter { !$0.1.isAbsent }.map { ($0, $1.type) },
        outputs: zip(step.node.outputs, outputs).filter { !$0.1.isAbsent }.map { ($0, $1.type) },
        parameters: step.node.inputs.reduce(0) { $0 + parameterCount($1) },
        multiplyAdds: MultiplyAdds.count(step.node, inputs: inputs, outputs: outputs),
        kernel: kernels[index])
    }
  }

  /// The types of the inputs with every extent known.
  ///
  /// - Throws: `RunError` for names that the model does not have, and extents that contradict it or each
  ///   other.
  func concreteInputTypes(_ inputShapes: [String: [Int]]) throws(RunError) -> [ValueType] {
    for name in inputShapes.keys where !graph.inputs.contains(where: { $0.name == name }) {
      throw RunError(.invalidInput, "the model has no input '\(name)'")
    }
    var symbols: [String: Int] = [:]
    for declaration in graph.inputs {
      guard case .tensor(_, let shape) = declaration.type, let dims = inputShapes[declaration.name] else { continue }
      for (extent, given) in zip(shape.dims ?? [], dims) {
        guard case .symbol(let symbol) = extent else { continue }
        if let known = symbols[symbol], known != given {
          throw RunError(.invalidInput, "'\(symbol)' is \(known) and \(given) at once")
        }
        symbols[symbol] = given
      }
    }
    var types: [ValueType] = []
    for declaration in graph.inputs {
      types.append(try declaration.concrete(inputShapes[declaration.name], symbols: symbols))
    }
    return types
  }

  private func parameterCount(_ name: String) -> Int {
    guard let tensor = graph.initializers[name], tensor.elementType.isFloatingPoint else { return 0 }
    return tensor.count
  }
}

extension Graph.Declaration {
  /// The declared type with every extent known.
  ///
  /// - Parameter symbols: extents that names have; others count as 1.
  func concrete(_ dims: [Int]?, symbols: [String: Int] = [:]) throws(RunError) -> ValueType {
    guard case .tensor(let elementType, let shape) = type else { return type }
    guard let declared = shape.dims else {
      guard let dims else { return type }
      return .tensor(elementType, SymbolicShape(known: dims))
    }
    if let dims, dims.count != declared.count {
      throw RunError(.invalidInput, "input '\(name)' has rank \(declared.count), not \(dims.count)")
    }
    var result: [Int] = []
    for (axis, dim) in declared.enumerated() {
      switch (dim, dims?[axis]) {
      case (.known(let extent), let given?) where given != extent:
        throw RunError(.invalidInput, "input '\(name)' has extent \(extent) along axis \(axis), not \(given)")
      case (.known(let extent), _): result.append(extent)
      case (.symbol(let symbol), nil): result.append(symbols[symbol] ?? 1)
      case (_, let given): result.append(given ?? 1)
      }
    }
    return .tensor(elementType, SymbolicShape(known: result))
  }
}
