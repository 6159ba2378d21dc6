import AviaryCore

/// Runs a program once, one value per slot and one step after the other: subgraphs, and plans in which some
/// steps are not bound to kernels (`KernelWalk` does the others).
struct Executor {
  let program: Program
  let evaluator: NodeEvaluator
  private let frame: Frame?
  private var values: [Value?]

  /// - Parameter frame: the plan to follow and this run's own memory; `nil` runs every step with memory of
  ///   its own (subgraphs, whose shapes may differ in every turn).
  init(_ program: Program, frame: Frame?, evaluator: NodeEvaluator) {
    self.program = program
    self.frame = frame
    self.evaluator = evaluator
    if let frame, !frame.values.isEmpty {
      values = frame.values
    } else {
      values = [Value?](repeating: nil, count: program.names.count)
      for (slot, value) in program.constants { values[slot] = value }
    }
  }

  /// - Parameters:
  ///   - given: values of inputs and captured slots; the caller keeps them alive.
  ///   - observe: called after each step with its index; for profiles and traces.
  /// - Returns: the program's outputs, in order, owning their memory.
  /// - Throws: `RunError` naming the node; `cancelled` where the task was cancelled between nodes.
  mutating func run(
    _ given: [Int: Value], observe: ((Int) -> Void)? = nil
  ) throws(RunError) -> [Value] {
    for (slot, value) in given { values[slot] = value }
    if let frame {
      try prepare(frame)
      for step in frame.plan.steps {
        switch step.action {
        case .evaluate: try run(step.index, places: step.places)
        case .kernel(let bound):
          try checkCancellation(step.index)
          frame.run(bound, parallel: evaluator.parallel)
        case .alias: try view(step.index)
        }
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

  /// What a slot holds, for walks that choose their own order.
  subscript(slot: Int) -> Value? {
    get { values[slot] }
    set { values[slot] = newValue }
  }

  /// Runs one step with memory of its own; what it reads must be there.
  mutating func runAlone(_ index: Int) throws(RunError) { try run(index, places: []) }

  /// Tells kernels where inputs are, and makes the outputs that they write.
  private mutating func prepare(_ frame: Frame) throws(RunError) {
    for (index, slot) in program.inputs.enumerated() {
      frame.setInput(index, values[slot]?.tensor?.address.map { UnsafeRawPointer($0) })
    }
    for step in frame.plan.steps {
      guard case .kernel = step.action else { continue }
      for slot in program.steps[step.index].outputs {
        guard let slot, case .output(let index) = frame.plan.homes[slot] else { continue }
        let tensor = try made { () throws(TensorError) in
          try frame.plan.infos[slot].newTensor(limits: evaluator.limits)
        }
        values[slot] = .tensor(tensor)
        frame.setOutput(index, tensor.address)
      }
    }
  }

  /// A view of something whose place is known; kernels go by the address.
  private mutating func view(_ index: Int) throws(RunError) {
    let step = program.steps[index]
    guard let viewed = step.viewedSlot, let slot = step.outputs.first.flatMap({ $0 }),
      let dims = frame?.plan.infos[slot].shape.known, let tensor = values[viewed]?.tensor
    else { return }
    values[slot] = .tensor(try made { () throws(TensorError) in try tensor.reshaped(to: try Shape(dims)) })
  }

  private func checkCancellation(_ index: Int) throws(RunError) {
    guard !Task.isCancelled else {
      throw RunError(.cancelled, "the run was cancelled", place: Place(program.steps[index].node))
    }
  }

  private mutating func run(_ index: Int, places: [Arena.Place?]) throws(RunError) {
    let step = program.steps[index]
    try checkCancellation(index)
    let arena = frame?.arena
    let context = RunContext(
      inputs: step.inputs.map { $0.flatMap { values[$0] } }, outputCount: step.outputs.count,
      wanted: step.outputs.map { $0 != nil }, limits: evaluator.limits, parallel: evaluator.parallel,
      planned: { output, byteCount in
        guard let arena, places.indices.contains(output), let place = places[output],
          place.byteCount == byteCount
        else { return nil }
        return (arena, place.offset)
      })
    do {
      if let op = step.subgraphOperator {
        try op.run(context, subgraphs: bound(step.subgraphs))
      } else {
        try step.op.run(context)
      }
    } catch {
      throw RunError(error, place: Place(step.node))
    }
    let isView = step.viewedSlot != nil
    for (output, slot) in step.outputs.enumerated() {
      guard let slot else { continue }
      guard let value = context.outputs[output] else {
        throw RunError(.invalid, "output \(output) was not produced", place: Place(step.node))
      }
      let place = places.indices.contains(output) ? places[output] : nil
      let kept = isView && output == 0 ? value : try detached(value, from: place)
      values[slot] = kept
      try announce(kept, slot, step)
    }
  }

  /// Tells the kernels that read a value where it is.
  ///
  /// - Throws: `RunError` where the value is not what they were bound to: an operator that does not do what
  ///   it said must not become a read of foreign memory.
  private func announce(_ value: Value, _ slot: Int, _ step: Program.Step) throws(RunError) {
    guard let frame, frame.plan.wiring.dynamicReads[slot] != nil else { return }
    let info = frame.plan.infos[slot]
    guard let tensor = value.tensor, tensor.elementType == info.elementType, tensor.shape.dims == info.shape.known
    else {
      throw RunError(
        .invalid, "made a value of type \(value.type) where \(info.type) was promised", place: Place(step.node))
    }
    frame.setDynamic(slot, tensor.address.map { UnsafeRawPointer($0) })
  }

  private func bound(_ subgraphs: [String: Program.SubProgram]) -> [String: any Subgraph] {
    subgraphs.mapValues { subgraph in
      BoundSubgraph(subgraph: subgraph, captured: subgraph.captures.map { values[$0.outer] }, evaluator: evaluator)
    }
  }

  /// A value that does not lean on arena bytes the planner gave to someone else: an operator may pass an
  /// input through, alone or within a sequence, and the planner cannot know.
  private func detached(_ value: Value, from place: Arena.Place?) throws(RunError) -> Value {
    guard let arena = frame?.arena else { return value }
    return try value.mapTensors { tensor throws(RunError) in
      guard tensor.lies(in: arena, otherThan: place?.offset) else { return tensor }
      return try made { () throws(TensorError) in try tensor.ownedCopy() }
    }
  }

  /// A value that outlives the run.
  private func keep(_ value: Value) throws(RunError) -> Value { try detached(value, from: nil) }

  private func made(_ body: () throws(TensorError) -> Tensor) throws(RunError) -> Tensor {
    do { return try body() } catch { throw RunError(.resource, error.description) }
  }
}

extension Frame {
  /// Runs one kernel.
  func run(_ step: Plan.BoundStep, parallel: any Parallel) {
    step.kernel.run(
      KernelIO(
        inputs: inputs + step.firstInput, outputs: outputs + step.firstOutput, scratch: scratch,
        parallel: parallel))
  }
}

/// A subgraph with the values it captures, ready to run any number of times.
private struct BoundSubgraph: Subgraph {
  let subgraph: Program.SubProgram
  /// In the order of the captures; absent where the enclosing graph let go of what no branch taken needs.
  let captured: [Value?]
  let evaluator: NodeEvaluator

  private var program: Program { subgraph.program }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    var given: [Int: ValueInfo] = [:]
    for (capture, value) in zip(subgraph.captures, captured) { given[capture.inner] = value.map { ValueInfo($0.type) } }
    for (slot, info) in zip(program.inputs.prefix(program.declaredInputs), inputs) { given[slot] = info }
    do {
      let inference = try Inference(program, given: given, evaluator: evaluator)
      return program.outputs.map { inference.infos[$0] }
    } catch { throw .invalid(error.description) }
  }

  func run(_ inputs: [Value]) throws(OperatorError) -> [Value] {
    guard inputs.count == program.declaredInputs else {
      throw .invalid("a subgraph takes \(program.declaredInputs) inputs, got \(inputs.count)")
    }
    let values = inputs + captured.compactMap { $0 }
    do {
      if values.count == program.inputs.count, let plan = subgraph.plans.plan(for: values, program, evaluator) {
        return try run(plan, values)
      }
      var executor = Executor(program, frame: nil, evaluator: evaluator)
      var given: [Int: Value] = [:]
      for (slot, value) in zip(program.inputs, inputs) { given[slot] = value }
      for (capture, value) in zip(subgraph.captures, captured) { given[capture.inner] = value }
      return try executor.run(given)
    } catch { throw .invalid(error.description) }
  }

  private func run(_ plan: Plan, _ values: [Value]) throws(RunError) -> [Value] {
    let frame: Frame
    do { frame = try subgraph.plans.frames.take(plan, program) } catch {
      throw RunError(.resource, error.description)
    }
    defer { subgraph.plans.frames.put(frame) }
    guard plan.isBound else {
      var executor = Executor(program, frame: frame, evaluator: evaluator)
      return try executor.run(Dictionary(zip(program.inputs, values)) { first, _ in first })
    }
    let walk = KernelWalk(program: program, parallel: evaluator.parallel, frame: frame)
    var outputs = [Tensor?](repeating: nil, count: plan.outputs.count)
    try walk.run(
      input: { values[$0].tensor }, output: { outputs[$0] }, keep: { outputs[$0] = $1 }, limits: evaluator.limits,
      observe: nil)
    return withExtendedLifetime(values) { outputs.compactMap { $0.map { .tensor($0) } } }
  }
}

extension ValueInfo {
  /// Uninitialised memory for a value of this type and shape, both of which must be known.
  fileprivate func newTensor(limits: Limits) throws(TensorError) -> Tensor {
    guard let elementType, let dims = shape.known else { throw .invalidShape([], "it is not known") }
    return try Tensor(elementType: elementType, shape: try Shape(dims), limits: limits) { _ in }
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
