import AviaryCore

/// Plans of one subgraph by the types of what it is given, made when they first come: a loop's body or the branch that
/// is taken runs bound to kernels like the graph around it.
///
/// A body whose shapes grow from turn to turn would need a plan for each; so there is an end to making them, and what
/// comes after it runs unplanned. None is ever let go: equal runs must find equal plans, because a kernel may round
/// otherwise than the operator that runs by itself.
final class SubgraphPlans: Sendable {
  private static let most = 32

  private struct Known {
    var plans: [Plan] = []
    /// Types for which there is no plan to be made.
    var refused: [[ValueType]] = []
    var count: Int { plans.count + refused.count }
  }

  private let known = Guarded(Known())
  let frames = FramePool(bytes: 64 << 20)

  /// The plan for a run with these values; `nil` where it should run without one.
  ///
  /// - Parameter values: one for each of the program's inputs.
  func plan(for values: [Value], _ program: Program, _ evaluator: NodeEvaluator) -> Plan? {
    let (found, isFull) = known.withLock { known -> (Plan?, Bool) in
      guard let index = known.plans.firstIndex(where: { $0.fits(values) }) else {
        return (nil, known.count >= Self.most)
      }
      // The next turn asks for the same one.
      if index > 0 { known.plans.swapAt(0, index) }
      return (known.plans[0], false)
    }
    guard found == nil, !isFull else { return found }
    let types = values.map(\.type)
    guard known.withLock({ !$0.refused.contains(types) }) else { return nil }
    let plan = try? Plan(program, inputs: types, evaluator: evaluator)
    known.withLock { known in
      guard known.count < Self.most else { return }
      if let plan { known.plans.append(plan) } else { known.refused.append(types) }
    }
    return plan
  }
}

extension Plan {
  /// Whether it was made for values of these types.
  fileprivate func fits(_ values: [Value]) -> Bool {
    values.count == inputTypes.count && zip(inputTypes, values).allSatisfy { $0.matches($1) }
  }
}
