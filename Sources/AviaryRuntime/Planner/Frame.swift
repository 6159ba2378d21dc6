import AviaryCore

/// The memory of one run of a plan: the arena, and the address tables of its kernels with everything filled
/// in that does not change from run to run.
///
/// Why `@unchecked Sendable` holds: a frame belongs to one run at a time (`FramePool`).
final class Frame: @unchecked Sendable {
  let plan: Plan
  let arena: TensorBuffer
  /// The tables that `Plan.BoundStep` points into.
  let inputs: UnsafeMutablePointer<UnsafeRawPointer?>
  let outputs: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Where the memory of each graph output is during a run.
  let outputAddresses: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Per slot, for plans with steps that are not bound: constants, and tensors over the arena for what
  /// kernels make there.
  let values: [Value?]

  /// - Throws: `TensorError.outOfMemory`.
  init(_ plan: Plan, _ program: Program) throws(TensorError) {
    self.plan = plan
    arena = try TensorBuffer(byteCount: plan.arenaBytes)
    let wiring = plan.wiring
    inputs = .allocate(capacity: max(1, wiring.inputs.count))
    inputs.initialize(repeating: nil, count: max(1, wiring.inputs.count))
    outputs = .allocate(capacity: max(1, wiring.outputs.count))
    outputs.initialize(repeating: nil, count: max(1, wiring.outputs.count))
    outputAddresses = .allocate(capacity: max(1, plan.outputs.count))
    outputAddresses.initialize(repeating: nil, count: max(1, plan.outputs.count))

    func constant(_ slot: Int) -> Tensor? { (plan.constants[slot] ?? program.constants[slot])?.tensor }
    for (index, entry) in wiring.inputs.enumerated() {
      switch entry {
      case .none: break
      case .constant(let slot): inputs[index] = constant(slot)?.address.map { UnsafeRawPointer($0) }
      case .arena(let offset): inputs[index] = UnsafeRawPointer(arena.base + offset)
      }
    }
    for (index, entry) in wiring.outputs.enumerated() {
      if case .arena(let offset) = entry { outputs[index] = arena.base + offset }
    }
    values = plan.isBound ? [] : try Self.values(plan, program, arena)
  }

  deinit {
    inputs.deallocate()
    outputs.deallocate()
    outputAddresses.deallocate()
  }

  var scratch: UnsafeMutableRawPointer { arena.base + plan.scratchOffset }

  private static func values(
    _ plan: Plan, _ program: Program, _ arena: TensorBuffer
  ) throws(TensorError) -> [Value?] {
    var values = [Value?](repeating: nil, count: program.names.count)
    for (slot, value) in program.constants { values[slot] = value }
    for (slot, value) in plan.constants { values[slot] = value }
    for step in plan.steps {
      guard case .kernel = step.action else { continue }
      for (output, slot) in program.steps[step.index].outputs.enumerated() {
        guard let slot, let place = step.places[output], let type = plan.infos[slot].elementType,
          let dims = plan.infos[slot].shape.known
        else { continue }
        values[slot] = .tensor(
          try Tensor(elementType: type, shape: try Shape(dims), buffer: arena, offset: place.offset))
      }
    }
    return values
  }

  // MARK: What changes from run to run

  /// The address of graph input `index` in this run.
  func setInput(_ index: Int, _ address: UnsafeRawPointer?) {
    for entry in plan.wiring.inputReads[index] { inputs[entry] = address }
  }

  /// The memory of graph output `index` in this run.
  func setOutput(_ index: Int, _ address: UnsafeMutableRawPointer?) {
    outputAddresses[index] = address
    for entry in plan.wiring.outputReads[index] { inputs[entry] = address.map { UnsafeRawPointer($0) } }
    for entry in plan.wiring.outputWrites[index] { outputs[entry] = address }
  }

  /// The address of a value that an operator has just made.
  func setDynamic(_ slot: Int, _ address: UnsafeRawPointer?) {
    guard let entries = plan.wiring.dynamicReads[slot] else { return }
    for entry in entries { inputs[entry] = address }
  }
}
