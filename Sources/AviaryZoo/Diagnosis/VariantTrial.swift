import AviaryMetrics

/// A variant and what the model answered under it.
struct VariantTrial {
  let variant: InputVariant
  /// Raw outputs, one row per picture tried so far.
  var rows: [[Float]] = []
  /// Whether it is tried on all pictures even where it loses: the assumed one, to compare with.
  var mustFinish = false
}

/// A trial's answers judged.
struct JudgedTrial {
  let variant: InputVariant
  let fit: LabelFit
  /// Whether each picture is recognised under the fitted order.
  let isCorrect: [Bool]
  /// The output with the largest score for each picture.
  let predicted: [Int]
  /// How likely the true class was for each picture, as a logarithm.
  let logLikelihood: [Double]

  var hits: Int { isCorrect.count { $0 } }
  var accuracy: Double { isCorrect.isEmpty ? 0 : Double(hits) / Double(isCorrect.count) }

  /// - Returns: `nil` where rows and labels do not fit together or values are not finite.
  init?(_ trial: VariantTrial, labels: [Int], classes: Int, classifier: Classifier) {
    let labels = Array(labels.prefix(trial.rows.count))
    guard let probabilities = try? classifier.probabilities(trial.rows),
      let fit = LabelFit(probabilities: probabilities, labels: labels, classes: classes)
    else { return nil }
    variant = trial.variant
    self.fit = fit
    predicted = trial.rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    isCorrect = zip(predicted, labels).map { $0 == fit.outputOfClass[$1] }
    logLikelihood = zip(probabilities, labels).map { row, label in
      LabelFit.logarithm(row[fit.outputOfClass[label]])
    }
  }

  /// Pictures recognised where each output means that class.
  func accuracy(classOfOutput: [Int], labels: [Int]) -> Double {
    let hits = zip(predicted, labels).count { classOfOutput[$0] == $1 }
    return Double(hits) / Double(max(1, predicted.count))
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
