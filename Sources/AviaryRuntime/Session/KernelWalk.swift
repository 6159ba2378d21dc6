import AviaryCore

/// A run of a plan whose steps are all bound: kernels one after the other, on addresses that a frame holds.
/// Allocates nothing.
struct KernelWalk {
  let program: Program
  let parallel: any Parallel
  let frame: Frame

  /// Runs the steps. Addresses of inputs and outputs are in the frame; the caller keeps them alive.
  ///
  /// - Throws: `RunError` (`cancelled`) naming the node where the task was cancelled.
  func run(observe: ((Int) -> Void)?) throws(RunError) {
    for step in frame.plan.steps {
      if case .kernel(let bound) = step.action {
        guard !Task.isCancelled else {
          throw RunError(.cancelled, "the run was cancelled", place: Place(program.steps[step.index].node))
        }
        frame.run(bound, parallel: parallel)
      }
      observe?(step.index)
    }
  }

  /// As `run(observe:)`, telling the frame where the inputs are and making the outputs.
  ///
  /// The caller holds the outputs, in whatever form it returns them: here nothing but their memory is allocated.
  ///
  /// - Parameters:
  ///   - input: the tensor of a program input; the caller keeps it alive.
  ///   - output: an output that was kept.
  ///   - keep: called once for each of the program's outputs, not in their order.
  /// - Throws: `RunError`, also where there is no memory for an output.
  func run(
    input: (Int) -> Tensor?, output: (Int) -> Tensor?, keep: (Int, Tensor) -> Void, limits: Limits,
    observe: ((Int) -> Void)?
  ) throws(RunError) {
    for index in program.inputs.indices {
      frame.setInput(index, input(index)?.address.map { UnsafeRawPointer($0) })
    }
    let outputs = frame.plan.outputs
    for index in outputs.indices where outputs[index].isDirect {
      let made = try outputs[index].newTensor(limits)
      frame.setOutput(index, made.address)
      keep(index, made)
    }
    try run(observe: observe)
    for index in outputs.indices where !outputs[index].isDirect {
      let shown: Tensor?
      switch outputs[index].home {
      case .constant(let slot): shown = constant(slot)
      case .input(let other): shown = input(other)
      case .output(let other): shown = output(other)
      case .arena, .dynamic: shown = nil
      }
      keep(index, try outputs[index].view(of: shown, program.names[outputs[index].slot]))
    }
  }

  /// The bytes of a graph output that no kernel writes in place: constants, inputs handed through, and
  /// further names of other outputs.
  ///
  /// - Parameter input: the address of a graph input.
  func source(_ output: OutputSource, input: (Int) -> UnsafeRawPointer?) -> UnsafeRawPointer? {
    switch output.home {
    case .constant(let slot): constant(slot)?.address.map { UnsafeRawPointer($0) }
    case .input(let index): input(index)
    case .output(let index): frame.outputAddresses[index].map { UnsafeRawPointer($0) }
    case .arena(let offset): UnsafeRawPointer(frame.arena.base + offset)
    case .dynamic: nil
    }
  }

  func constant(_ slot: Int) -> Tensor? { (frame.plan.constants[slot] ?? program.constants[slot])?.tensor }
}
