import AviaryCore

/// Plans by input types, the one used last first: a caller who stays with one shape finds it at once, and
/// without hashing anything. The longest unused goes where a caller comes with ever new shapes.
struct PlanCache {
  private static let capacity = 32
  private var plans: [Plan] = []

  /// The plan that `matches`, which becomes the first.
  mutating func first(where matches: (Plan) -> Bool) -> Plan? {
    guard let index = plans.firstIndex(where: matches) else { return nil }
    let plan = plans[index]
    if index > 0 {
      plans.remove(at: index)
      plans.insert(plan, at: 0)
    }
    return plan
  }

  mutating func insert(_ plan: Plan) {
    plans.insert(plan, at: 0)
    if plans.count > Self.capacity { plans.removeLast() }
  }
}
