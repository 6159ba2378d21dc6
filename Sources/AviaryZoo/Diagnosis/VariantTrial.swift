import AviaryMetrics

/// A variant and what the model answered under it.
struct VariantTrial {
  let variant: InputVariant
  /// Raw outputs, one row per picture tried so far.
  var rows: [[Float]] = []
  /// Whether it is tried on all pictures even where it loses: the assumed one, to compare with.
  var mustFinish = false
}

/// A trial's answers judged under one order of labels.
struct JudgedTrial {
  let variant: InputVariant
  let answers: TrialAnswers
  let order: LabelOrder
  /// Whether each picture is recognised.
  let isCorrect: [Bool]
  /// How likely the true class was for each picture, as a logarithm.
  let logLikelihood: [Double]
  let hits: Int

  init(_ variant: InputVariant, _ answers: TrialAnswers, _ order: LabelOrder) {
    self.variant = variant
    self.answers = answers
    self.order = order
    isCorrect = answers.isCorrect(order)
    logLikelihood = answers.logLikelihood(order)
    hits = isCorrect.count { $0 }
  }

  var accuracy: Double { isCorrect.isEmpty ? 0 : Double(hits) / Double(isCorrect.count) }

  /// The same answers where the labels have another order.
  func under(_ order: LabelOrder) -> JudgedTrial {
    order == self.order ? self : JudgedTrial(variant, answers, order)
  }

  /// Whether the pictures tell that the other one is worse. Hits alone need many pictures; where scores agree
  /// with them they count too. Scores alone do not: a wrong scale can make a model that is too sure of itself
  /// look better.
  func isBetter(than other: JudgedTrial, level: Double, withScores: Bool) -> Bool {
    guard hits > other.hits else { return false }
    if pValue(against: other) <= level { return true }
    let gains = zip(logLikelihood, other.logLikelihood).map { $0 - $1 }
    return withScores && PairedDifference(gains).pValue <= level / 50
  }

  /// How likely a difference in hits at least this large is if both are equally good (McNemar's exact test).
  func pValue(against other: JudgedTrial) -> Double {
    var (onlyHere, onlyThere) = (0, 0)
    for (here, there) in zip(isCorrect, other.isCorrect) where here != there {
      if here { onlyHere += 1 } else { onlyThere += 1 }
    }
    return (try? McNemar(onlyFirst: onlyHere, onlySecond: onlyThere).exactPValue) ?? 1
  }
}
