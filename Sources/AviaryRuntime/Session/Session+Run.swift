import AviaryCore

extension Session {
  /// Runs the model.
  ///
  /// - Parameter inputs: a value for each of `inputs`; inputs that the model gives a default may be
  ///   overridden by name.
  /// - Returns: the outputs by name.
  /// - Throws: `RunError` for inputs that are missing, unknown, or of another type or shape than declared,
  ///   and for what goes wrong in a node.
  public func run(_ inputs: [String: Value]) throws(RunError) -> [String: Value] {
    try run(inputs, observe: nil)
  }

  /// As `run` of values, for models whose inputs and outputs are all tensors.
  public func run(_ inputs: [String: Tensor]) throws(RunError) -> [String: Tensor] {
    let plan = knownPlan { self.matches($0, inputs) { plan, index, tensor in plan.inputTypes[index].matches(tensor) } }
    if let plan, plan.isBound {
      return try run(plan, inputs, tensor: { $0 }, wrap: { $0 }, observe: nil)
    }
    var tensors: [String: Tensor] = [:]
    for (name, value) in try run(inputs.mapValues { .tensor($0) }, observe: nil) {
      guard let tensor = value.tensor else {
        throw RunError(.unsupported, "output '\(name)' is not a tensor; run with values instead")
      }
      tensors[name] = tensor
    }
    return tensors
  }

  /// As `run`, calling `observe` after each step with its index into `program.steps`.
  func run(
    _ inputs: [String: Value], observe: ((Int) -> Void)?
  ) throws(RunError) -> [String: Value] {
    let session = try session(for: inputs)
    guard session === self else { return try session.run(inputs, observe: observe) }

    let given = try bind(inputs)
    let plan = try plan(for: given.mapValues(\.type))
    if plan.isBound {
      return try run(plan, inputs, tensor: { $0.tensor }, wrap: { .tensor($0) }, observe: observe)
    }
    let frame = try frame(of: plan)
    defer { frames.put(frame) }
    var executor = Executor(program, frame: frame, evaluator: evaluator)
    let outputs = try executor.run(given, observe: observe)
    return Dictionary(zip(graph.outputs.map(\.name), outputs), uniquingKeysWith: { first, _ in first })
  }

  /// Runs a plan of kernels alone: besides the outputs, nothing is allocated once a frame is there.
  ///
  /// - Parameter inputs: values that have been checked against the plan.
  private func run<V>(
    _ plan: Plan, _ inputs: [String: V], tensor: (V) -> Tensor?, wrap: (Tensor) -> V,
    observe: ((Int) -> Void)?
  ) throws(RunError) -> [String: V] {
    let frame = try frame(of: plan)
    defer { frames.put(frame) }
    let walk = KernelWalk(program: program, parallel: evaluator.parallel, frame: frame)
    var results = [String: V](minimumCapacity: plan.outputs.count)
    try walk.run(
      input: { inputs[graph.inputs[$0].name].flatMap(tensor) },
      output: { results[graph.outputs[$0].name].flatMap(tensor) },
      keep: { results[graph.outputs[$0].name] = wrap($1) }, limits: evaluator.limits, observe: observe)
    return withExtendedLifetime(inputs) { results }
  }

  /// Memory for a run of a plan.
  func frame(of plan: Plan) throws(RunError) -> Frame {
    do { return try frames.take(plan, program) } catch { throw RunError(.resource, error.description) }
  }

  /// The session that runs these inputs: this one, unless they override defaults.
  func session(for inputs: [String: Value]) throws(RunError) -> Session {
    let overridden = Set(graph.defaultedInputs.map(\.name)).intersection(inputs.keys)
    return overridden.isEmpty ? self : try variant(overriding: overridden)
  }

  // MARK: Plans

  /// The plan with which these inputs run in this session.
  func planned(_ inputs: [String: Value]) throws(RunError) -> Plan {
    try plan(for: bind(inputs).mapValues(\.type))
  }

  /// The plan for these input types, made on first use.
  func plan(for types: [Int: ValueType]) throws(RunError) -> Plan {
    let ordered = program.inputs.map { types[$0] ?? .unknown }
    if let plan = knownPlan(where: { plan in plan.inputTypes.elementsEqual(ordered) { $0.type == $1 } }) {
      return plan
    }
    // Made outside the lock: a second thread may make the same plan, which costs time but no correctness.
    let plan = try Plan(program, inputs: ordered, evaluator: evaluator)
    plans.withLock { $0.insert(plan) }
    return plan
  }

  private func knownPlan(where matches: (Plan) -> Bool) -> Plan? {
    plans.withLock { $0.first(where: matches) }
  }

  /// Whether a plan is for these inputs, which then need no further checks: it was made for such ones.
  private func matches<V>(_ plan: Plan, _ inputs: [String: V], _ fits: (Plan, Int, V) -> Bool) -> Bool {
    guard inputs.count == graph.inputs.count else { return false }
    for (index, declaration) in graph.inputs.enumerated() {
      guard let value = inputs[declaration.name], fits(plan, index, value) else { return false }
    }
    return true
  }

  // MARK: Inputs

  /// Values by slot, checked against what the graph declares.
  private func bind(_ inputs: [String: Value]) throws(RunError) -> [Int: Value] {
    var given: [Int: Value] = [:]
    var symbols: [String: (extent: Int, input: String)] = [:]
    for (slot, declaration) in zip(program.inputs, graph.inputs) {
      guard let value = inputs[declaration.name] else {
        throw RunError(.invalidInput, "input '\(declaration.name)' is missing; the model takes \(inputList)")
      }
      try declaration.check(value, symbols: &symbols)
      given[slot] = value
    }
    for name in inputs.keys where !graph.inputs.contains(where: { $0.name == name }) {
      throw RunError(.invalidInput, "the model has no input '\(name)'; it takes \(inputList)")
    }
    return given
  }

  private var inputList: String { graph.inputs.map { "'\($0.name)'" }.joined(separator: ", ") }

  /// A session for callers who override defaults: there, those inputs are inputs like any other.
  private func variant(overriding names: Set<String>) throws(RunError) -> Session {
    if let session = variants.withLock({ $0[names] }) { return session }
    var changed = importedGraph
    for declaration in importedGraph.defaultedInputs where names.contains(declaration.name) {
      changed.inputs.append(declaration)
      changed.initializers[declaration.name] = nil
    }
    changed.defaultedInputs.removeAll { names.contains($0.name) }
    do {
      let session = try Session(graph: changed, model: model, options: options)
      variants.withLock { $0[names] = session }
      return session
    } catch {
      throw RunError(.invalid, error.message, place: error.place)
    }
  }
}

extension OutputSource {
  /// Uninitialised memory for the output.
  func newTensor(_ limits: Limits) throws(RunError) -> Tensor {
    guard let elementType, let shape else { throw RunError(.invalid, "an output has no shape") }
    do { return try Tensor(elementType: elementType, shape: shape, limits: limits) { _ in } } catch {
      throw RunError(.resource, error.description)
    }
  }

  /// The output as another name for something that is there already.
  func view(of tensor: Tensor?, _ name: String) throws(RunError) -> Tensor {
    guard let tensor, let shape else { throw RunError(.invalid, "output '\(name)' was not produced") }
    do { return try tensor.reshaped(to: shape) } catch { throw RunError(.invalid, error.description) }
  }
}
