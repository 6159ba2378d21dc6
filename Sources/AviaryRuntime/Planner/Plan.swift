import AviaryCore

/// A program for one set of input shapes: the steps that remain, and where each value lives.
final class Plan: Sendable {
  struct Step: Sendable {
    /// Index into `Program.steps`.
    let index: Int
    /// Byte offset and size in the arena for each output that has a place there.
    let places: [Arena.Place?]
    /// Slots whose value nobody reads after this step.
    let releases: [Int]
  }

  let steps: [Step]
  /// Values known while planning: shapes and what follows from them.
  let constants: [Int: Value]
  let arenaBytes: Int
  /// What is known of every slot, for `inspect`.
  let infos: [ValueInfo]
  /// Arenas that no run is using.
  let arenas: ArenaPool

  /// - Throws: `RunError` naming the node whose inputs cannot be, or where the arena exceeds the budget.
  init(
    _ program: Program, inputs: [Int: ValueInfo], evaluator: NodeEvaluator
  ) throws(RunError) {
    let infos = try Inference(program, given: inputs, evaluator: evaluator).infos
    let kept = Self.liveSteps(program, infos: infos)
    var constants: [Int: Value] = [:]
    let read = Set(kept.flatMap { program.steps[$0].reads }).union(program.outputs)
    for slot in read {
      if let value = infos[slot].constant, program.constants[slot] == nil { constants[slot] = value }
    }

    let layout = ArenaLayout(program, kept: kept, infos: infos)
    guard layout.byteCount <= evaluator.limits.runBytes else {
      throw RunError(
        .resource,
        "the values of one run need \(layout.byteCount) bytes, the limit is \(evaluator.limits.runBytes)")
    }
    self.infos = infos
    self.constants = constants
    self.arenaBytes = layout.byteCount
    self.arenas = ArenaPool(byteCount: layout.byteCount)
    self.steps = kept.enumerated().map { position, index in
      Step(index: index, places: layout.places[position], releases: layout.releases[position])
    }
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
