import AviaryCore

/// Runs a program once: one value per slot, one step after the other.
struct Executor {
  let program: Program
  let plan: Plan?
  let evaluator: NodeEvaluator
  private let arena: TensorBuffer?
  private var values: [Value?]

  /// - Parameters:
  ///   - plan: which steps to run and where values go; `nil` runs every step with memory of its own
  ///     (subgraphs, whose shapes may differ in every turn).
  ///   - arena: memory of the plan's size, this run's own.
  init(_ program: Program, plan: Plan?, arena: TensorBuffer?, evaluator: NodeEvaluator) {
    self.program = program
    self.plan = plan
    self.arena = arena
    self.evaluator = evaluator
    values = [Value?](repeating: nil, count: program.names.count)
    for (slot, value) in program.constants { values[slot] = value }
    if let plan { for (slot, value) in plan.constants { values[slot] = value } }
  }

  /// - Parameters:
  ///   - given: values of inputs and captured slots.
  ///   - observe: called after each step with its index; for profiles and traces.
  /// - Returns: the program's outputs, in order, owning their memory.
  /// - Throws: `RunError` naming the node; `cancelled` where the task was cancelled between nodes.
  mutating func run(
    _ given: [Int: Value], observe: ((Int) -> Void)? = nil
  ) throws(RunError) -> [Value] {
    for (slot, value) in given { values[slot] = value }
    if let plan {
      for step in plan.steps {
        try run(step.index, places: step.places)
        for slot in step.releases { values[slot] = nil }
        observe?(step.index)
      }
    } else {
      for index in program.steps.indices {
        try run(index, places: [])
        observe?(index)
      }
    }
    var outputs: [Value] = []
    for slot in program.outputs {
      guard let value = values[slot] else {
        throw RunError(.invalid, "output '\(program.names[slot])' was not produced")
      }
      outputs.append(try keep(value))
    }
    return outputs
  }

  private mutating func run(_ index: Int, places: [Arena.Place?]) throws(RunError) {
    let step = program.steps[index]
    guard !Task.isCancelled else {
      throw RunError(.cancelled, "the run was cancelled", place: Place(step.node))
    }
    let context = RunContext(
      inputs: step.inputs.map { $0.flatMap { values[$0] } }, outputCount: step.outputs.count,
      wanted: step.outputs.map { $0 != nil }, limits: evaluator.limits, parallel: evaluator.parallel,
      planned: { [arena] output, byteCount in
        guard let arena, places.indices.contains(output), let place = places[output],
          place.byteCount == byteCount
        else { return nil }
        return (arena, place.offset)
      })
    do {
      if let op = step.op as? any SubgraphOperator {
        try op.run(context, subgraphs: bound(step.subgraphs))
      } else {
        try step.op.run(context)
      }
    } catch {
      throw RunError(error, place: Place(step.node))
    }
    let isView = step.op is any ViewOperator
    for (output, slot) in step.outputs.enumerated() {
      guard let slot else { continue }
      guard let value = context.outputs[output] else {
        throw RunError(.invalid, "output \(output) was not produced", place: Place(step.node))
      }
      let place = places.indices.contains(output) ? places[output] : nil
      values[slot] = isView && output == 0 ? value : try detached(value, from: place)
    }
  }

  private func bound(_ subgraphs: [String: Program.SubProgram]) -> [String: any Subgraph] {
    subgraphs.mapValues { subgraph in
      var captured: [Int: Value] = [:]
      for capture in subgraph.captures { captured[capture.inner] = values[capture.outer] }
      return BoundSubgraph(program: subgraph.program, captured: captured, evaluator: evaluator)
    }
  }

  /// A value that does not lean on arena bytes the planner gave to someone else: an operator may pass an
  /// input through, alone or within a sequence, and the planner cannot know.
  private func detached(_ value: Value, from place: Arena.Place?) throws(RunError) -> Value {
    guard let arena else { return value }
    return try value.mapTensors { tensor throws(RunError) in
      guard tensor.lies(in: arena, otherThan: place?.offset) else { return tensor }
      return try owned(tensor)
    }
  }

  /// A value that outlives the run.
  private func keep(_ value: Value) throws(RunError) -> Value { try detached(value, from: nil) }

  private func owned(_ tensor: Tensor) throws(RunError) -> Tensor {
    do { return try tensor.ownedCopy() } catch { throw RunError(.resource, error.description) }
  }
}

/// A subgraph with the values it captures, ready to run any number of times.
private struct BoundSubgraph: Subgraph {
  let program: Program
  let captured: [Int: Value]
  let evaluator: NodeEvaluator

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    var given = captured.mapValues { ValueInfo($0.type) }
    for (slot, info) in zip(program.inputs, inputs) { given[slot] = info }
    do {
      let inference = try Inference(program, given: given, evaluator: evaluator)
      return program.outputs.map { inference.infos[$0] }
    } catch { throw .invalid(error.description) }
  }

  func run(_ inputs: [Value]) throws(OperatorError) -> [Value] {
    guard inputs.count == program.inputs.count else {
      throw .invalid("a subgraph takes \(program.inputs.count) inputs, got \(inputs.count)")
    }
    var given = captured
    for (slot, value) in zip(program.inputs, inputs) { given[slot] = value }
    var executor = Executor(program, plan: nil, arena: nil, evaluator: evaluator)
    do { return try executor.run(given) } catch { throw .invalid(error.description) }
  }
}

extension Tensor {
  /// Whether the bytes lie in `buffer`, elsewhere than at `offset`.
  fileprivate func lies(in buffer: TensorBuffer, otherThan offset: Int?) -> Bool {
    guard case .bytes(let own, let ownOffset) = storage, own === buffer else { return false }
    return ownOffset != offset
  }

  /// A copy in memory of its own.
  fileprivate func ownedCopy() throws(TensorError) -> Tensor {
    try Tensor(elementType: elementType, shape: shape, limits: .unlimited) { bytes in
      withBytes { bytes.copyMemory(from: $0) }
    }
  }
}

extension Limits {
  /// For copies of what already passed the limits.
  fileprivate static let unlimited: Limits = {
    var limits = Limits()
    limits.tensorBytes = .max
    return limits
  }()
}

extension Value {
  /// The same value with every tensor in it replaced.
  func mapTensors(_ body: (Tensor) throws(RunError) -> Tensor) throws(RunError) -> Value {
    switch self {
    case .tensor(let tensor): return .tensor(try body(tensor))
    case .sequence(let values, let type):
      var mapped: [Value] = []
      for value in values { mapped.append(try value.mapTensors(body)) }
      return .sequence(mapped, of: type)
    case .optional(let value, let type): return .optional(try value?.mapTensors(body), of: type)
    case .map(let map):
      var mapped: [Value] = []
      for value in map.values { mapped.append(try value.mapTensors(body)) }
      return .map(MapValue(keys: map.keys, values: mapped, valueType: map.valueType))
    }
  }
}
