import AviaryCore
import AviaryKernels
import Synchronization

/// A program for one set of input types: the steps that remain, the kernels they are bound to, and where
/// each value lives.
final class Plan: Sendable {
  struct Step: Sendable {
    /// Index into `Program.steps`.
    let index: Int
    /// Byte offset and size in the arena for each output that has a place there.
    let places: [Arena.Place?]
    /// Slots whose value nobody reads after this step.
    let releases: [Int]
    let action: Action
  }

  enum Action: Sendable {
    /// Runs through `RunContext`.
    case evaluate
    /// Runs a kernel on addresses.
    case kernel(BoundStep)
    /// A view of something whose address is known: nothing happens.
    case alias
  }

  /// A kernel and the first of its entries in the address tables.
  struct BoundStep: Sendable {
    let kernel: any BoundKernel
    let firstInput: Int
    let firstOutput: Int
  }

  let steps: [Step]
  /// The types of the graph's inputs that this plan is for.
  let inputTypes: [InputType]
  /// Values known while planning: shapes and what follows from them.
  let constants: [Int: Value]
  /// Bytes of the arena: planned values, and scratch memory behind them.
  let arenaBytes: Int
  /// Where the scratch memory of kernels begins in the arena. One region serves all: steps run one after
  /// the other.
  let scratchOffset: Int
  /// What is known of every slot, for `inspect`.
  let infos: [ValueInfo]
  /// Where the bytes of every slot are.
  let homes: [ValueHome]
  let wiring: Wiring
  /// Where each graph output comes from.
  let outputs: [OutputSource]
  /// Whether no step needs a `RunContext`: then a run is a walk over kernels that allocates nothing.
  let isBound: Bool

  private let isSettled = Atomic<Bool>(false)

  /// Called after each run; after the first one the memory of the weights that this plan had packed is put
  /// in order, while nobody waits for an answer.
  func settle() {
    guard !isSettled.load(ordering: .relaxed), !isSettled.exchange(true, ordering: .relaxed) else { return }
    PackedMemory.settle()
  }

  /// - Throws: `RunError` naming the node whose inputs cannot be, or where the arena exceeds the budget.
  init(
    _ program: Program, inputs: [ValueType], evaluator: NodeEvaluator
  ) throws(RunError) {
    var given: [Int: ValueInfo] = [:]
    for (slot, type) in zip(program.inputs, inputs) { given[slot] = ValueInfo(type) }
    let infos = try Inference(program, given: given, evaluator: evaluator).infos
    let kept = Self.liveSteps(program, infos: infos)
    var constants: [Int: Value] = [:]
    let read = Set(kept.flatMap { program.steps[$0].reads }).union(program.outputs)
    for slot in read {
      if let value = infos[slot].constant, program.constants[slot] == nil { constants[slot] = value }
    }

    let valueHomes = ValueHomes(program, kept: kept, infos: infos)
    let layout = ArenaLayout(program, kept: kept, infos: infos, homes: valueHomes)
    let kernels = try Self.bind(program, kept: kept, infos: infos, evaluator: evaluator)
    let homes = Self.homes(
      program, kept: kept, infos: infos, constants: constants, kernels: kernels, layout, valueHomes)

    let scratchBytes = kernels.reduce(0) { max($0, $1?.scratchBytes ?? 0) }
    let scratchOffset = Arena.padded(layout.byteCount)
    let (arenaBytes, overflow) = scratchOffset.addingReportingOverflow(scratchBytes)
    guard !overflow, arenaBytes <= evaluator.limits.runBytes else {
      let needed = overflow ? Int.max : arenaBytes
      throw RunError(
        .resource, "the values of one run need \(needed) bytes, the limit is \(evaluator.limits.runBytes)")
    }

    var wiring = Wiring(program)
    var steps: [Step] = []
    for (position, index) in kept.enumerated() {
      let step = program.steps[index]
      let action: Action
      if let kernel = kernels[position] {
        action = .kernel(
          BoundStep(kernel: kernel, firstInput: wiring.inputs.count, firstOutput: wiring.outputs.count))
        let consumed = (step.op as? any PreparingOperator)?.consumedInputs ?? []
        wiring.add(step, consumed: consumed, homes: homes, roots: valueHomes.roots)
      } else if Self.isAlias(step, infos: infos, homes: homes) {
        action = .alias
      } else {
        action = .evaluate
      }
      steps.append(
        Step(index: index, places: layout.places[position], releases: layout.releases[position], action: action))
    }

    self.inputTypes = inputs.map { InputType($0) }
    self.infos = infos
    self.constants = constants
    self.arenaBytes = arenaBytes
    self.scratchOffset = scratchOffset
    self.homes = homes
    self.wiring = wiring
    self.steps = steps
    self.outputs = program.outputs.enumerated().map { index, slot in
      OutputSource(index, slot, home: homes[slot], info: infos[slot])
    }
    self.isBound =
      steps.allSatisfy { if case .evaluate = $0.action { false } else { true } }
      && self.outputs.allSatisfy { $0.shape != nil && $0.home != .dynamic }
      && self.inputTypes.allSatisfy { $0.dims != nil }
  }

  /// The kernel of each step of the program that was bound.
  var choices: [Int: KernelChoice] {
    var choices: [Int: KernelChoice] = [:]
    for step in steps {
      if case .kernel(let bound) = step.action { choices[step.index] = bound.kernel.choice }
    }
    return choices
  }

  /// The steps whose outputs are not all known already and that something still needs, in order.
  private static func liveSteps(_ program: Program, infos: [ValueInfo]) -> [Int] {
    var needed = Set(program.outputs.filter { infos[$0].constant == nil })
    var kept: [Int] = []
    for index in program.steps.indices.reversed() {
      let step = program.steps[index]
      guard step.outputs.contains(where: { $0.map(needed.contains) ?? false }) else { continue }
      kept.append(index)
      for slot in step.reads where infos[slot].constant == nil { needed.insert(slot) }
    }
    return kept.reversed()
  }
}
