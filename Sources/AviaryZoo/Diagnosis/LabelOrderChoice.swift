/// The order of labels that a trial speaks for: the one that somebody has said, unless the pictures contradict
/// it; then a usual one, unless they contradict it too; then the one that fits best.
struct LabelOrderChoice {
  /// The pictures contradict an order where another one does better with a smaller p-value than this.
  static let level = 0.01

  let order: LabelOrder
  let source: ContractFinding.LabelSource

  /// - Parameters:
  ///   - frame: any order of the outputs that may be exchanged.
  ///   - given: what somebody has said.
  ///   - usual: the most usual one first.
  ///   - countingHits: whether, of orders that the pictures cannot tell apart, the one with most hits goes
  ///     before the likeliest. For the last word only: picked from all orders, it flatters ways to feed
  ///     pictures that are wrong.
  /// - Returns: `nil` where no order can be fitted.
  init?(
    _ answers: TrialAnswers, frame: LabelOrder, given: LabelOrder?, usual: [LabelOrder], countingHits: Bool
  ) {
    guard let likeliest = answers.likeliest(frame) else { return nil }
    if let given,
      !([likeliest] + usual).contains(where: { answers.hitsTell($0, from: given, level: Self.level) })
    {
      (order, source) = (given, .given)
      return
    }
    // Whatever is chosen must not do worse on the pictures than an order that was at hand.
    let most = (usual + (given.map { [$0] } ?? [])).map(answers.hits).max() ?? 0
    if let order = usual.first(where: {
      answers.hits($0) == most && !Self.contradicts(likeliest, $0, answers)
    }) {
      self.order = order
      source = order == likeliest ? .pictures : .usual
      return
    }
    source = .pictures
    if countingHits, let mostHits = answers.mostHits(frame), answers.hits(mostHits) > answers.hits(likeliest),
      !answers.scoresTell(likeliest, from: mostHits, level: Self.level)
    {
      order = mostHits
    } else {
      order = likeliest
    }
  }

  private static func contradicts(_ fitted: LabelOrder, _ other: LabelOrder, _ answers: TrialAnswers) -> Bool {
    answers.hits(fitted) >= answers.hits(other)
      && (answers.hitsTell(fitted, from: other, level: level)
        || answers.scoresTell(fitted, from: other, level: level))
  }
}
