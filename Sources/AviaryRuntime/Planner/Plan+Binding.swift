import AviaryCore

extension Plan {
  /// The kernel of each kept step that has one for these shapes.
  ///
  /// - Throws: `RunError` naming the node whose inputs cannot be.
  static func bind(
    _ program: Program, kept: [Int], infos: [ValueInfo], evaluator: NodeEvaluator
  ) throws(RunError) -> [(any BoundKernel)?] {
    let context = BindingContext(threads: evaluator.parallel.threads, limits: evaluator.limits)
    var kernels: [(any BoundKernel)?] = []
    for index in kept {
      let step = program.steps[index]
      guard let op = step.op as? any BindingOperator, step.viewedSlot == nil, step.subgraphs.isEmpty,
        step.inputs.allSatisfy({ $0.map { infos[$0].plannedByteCount != nil } ?? true }),
        // What the tensor budget refuses is left to the operator, whose error names the node.
        step.outputs.allSatisfy({ slot in
          slot.map { infos[$0].plannedByteCount.map { $0 <= evaluator.limits.tensorBytes } ?? false } ?? true
        })
      else {
        kernels.append(nil)
        continue
      }
      do {
        kernels.append(
          try op.bind(
            inputs: step.inputs.map { $0.map { infos[$0] } ?? .absent },
            outputs: step.outputs.map { $0.map { infos[$0] } ?? .absent }, context: context))
      } catch {
        throw RunError(error, place: Place(step.node))
      }
    }
    return kernels
  }

  /// Where every slot's bytes are.
  static func homes(
    _ program: Program, kept: [Int], infos: [ValueInfo], constants: [Int: Value],
    kernels: [(any BoundKernel)?], _ layout: ArenaLayout, _ values: ValueHomes
  ) -> [ValueHome] {
    var homes = [ValueHome](repeating: .dynamic, count: program.names.count)
    for (index, slot) in program.inputs.enumerated() { homes[slot] = .input(index) }
    for (slot, value) in program.constants where value.tensor != nil { homes[slot] = .constant(slot: slot) }
    for (slot, value) in constants where value.tensor != nil { homes[slot] = .constant(slot: slot) }
    for (position, index) in kept.enumerated() {
      let step = program.steps[index]
      for (output, slot) in step.outputs.enumerated() {
        guard let slot, infos[slot].constant == nil else { continue }
        if output == 0, let viewed = step.viewedSlot {
          homes[slot] = homes[viewed]
        } else if kernels[position] != nil {
          if let index = values.outputOfRoot[slot] {
            homes[slot] = .output(index)
          } else if let place = layout.places[position][output] {
            homes[slot] = .arena(place.offset)
          }
        }
      }
    }
    return homes
  }

  /// Whether a step is a view whose bytes and shape are known before it runs.
  static func isAlias(_ step: Program.Step, infos: [ValueInfo], homes: [ValueHome]) -> Bool {
    guard let viewed = step.viewedSlot, let slot = step.outputs.first.flatMap({ $0 }),
      step.outputs.dropFirst().allSatisfy({ $0 == nil }), homes[viewed] != .dynamic,
      let bytes = infos[slot].plannedByteCount
    else { return false }
    return infos[viewed].plannedByteCount == bytes && infos[viewed].elementType == infos[slot].elementType
  }
}
