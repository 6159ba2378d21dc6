import AviaryCore

extension Plan {
  /// What computes each step, by index into `Program.steps`; steps that the plan leaves out, because their
  /// results are known, have none.
  func explanations(_ program: Program) -> [Int: KernelChoice] {
    var choices: [Int: KernelChoice] = [:]
    for step in steps { choices[step.index] = choice(of: step, program) }
    return choices
  }

  /// What a bound kernel says of itself; else what the operator says of its `run`.
  private func choice(of step: Step, _ program: Program) -> KernelChoice {
    if case .kernel(let bound) = step.action { return bound.kernel.choice }
    let source = program.steps[step.index]
    func known(_ slots: [Int?]) -> [ValueInfo] { slots.map { $0.map { infos[$0] } ?? .absent } }
    if let op = source.op as? any ExplainingOperator,
      let choice = op.choice(inputs: known(source.inputs), outputs: known(source.outputs))
    {
      return choice
    }
    if source.op is any ViewOperator { return KernelChoice("view", reason: "no bytes move") }
    if source.op is any SubgraphOperator { return KernelChoice("subgraph") }
    let reason =
      source.op is any BindingOperator
      ? "not bound: its types or sizes have no kernel" : "the operator has no kernels of its own"
    return KernelChoice("general", reason: reason)
  }
}

extension Session {
  /// Conversions between the plain and the blocked layout in the graph that runs.
  public var layoutReorders: Int {
    graph.nodes.count {
      $0.id.domain == OperatorID.aviaryDomain && ["Block", "Unblock"].contains($0.id.name)
    }
  }
}
