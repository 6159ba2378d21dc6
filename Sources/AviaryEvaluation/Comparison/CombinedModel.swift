import AviaryMetrics

/// What several models give together, from their stored scores.
public struct CombinedModel: Sendable {
  public enum Kind: String, Sendable, Codable {
    /// The mean of the members' probabilities.
    case mean
    /// What most members say; where as many say one thing as another, their mean probability decides.
    case majority
    /// Right where any member is: what a perfect choice among them would reach.
    case oracle
  }

  public let kind: Kind
  /// Positions in the comparison.
  public let members: [Int]
  public let name: String
  /// Labels only for majority and oracle.
  public let predictions: Predictions
  public let accuracy: Interval

  public var confusion: ConfusionMatrix { predictions.confusion }

  static func all(
    _ entries: [Comparison.Entry], ensembles: [[String]], combinesAll: Bool
  ) throws -> [CombinedModel] {
    var groups: [(name: String, members: [Int])] = []
    for names in ensembles {
      groups.append(
        (
          names.joined(separator: "+"),
          try names.map { name in
            guard let index = entries.firstIndex(where: { $0.name == name || $0.record.model.file == name })
            else {
              throw EvaluationError.option(
                "an ensemble of '\(name)': not among the models "
                  + entries.map(\.name).joined(separator: ", "))
            }
            return index
          }
        ))
    }
    if groups.isEmpty, combinesAll { groups.append(("all", Array(entries.indices))) }
    return try groups.flatMap { name, members in
      try [Kind.mean, .majority, .oracle].map { kind in
        try CombinedModel(kind, of: members, named: "\(kind.rawValue) of \(name)", entries)
      }
    }
  }

  init(
    _ kind: Kind, of members: [Int], named name: String, _ entries: [Comparison.Entry]
  ) throws(MetricError) {
    self.kind = kind
    self.members = members
    self.name = name
    let parts = members.map { entries[$0].predictions }
    guard let first = parts.first else { throw .empty(what: name) }
    let mean = try Self.mean(parts, classes: first.classes)
    switch kind {
    case .mean: predictions = try Predictions(truth: first.truth, scores: mean)
    case .majority:
      predictions = try Predictions(
        truth: first.truth, predicted: Self.majority(parts, mean), classes: first.classes)
    case .oracle:
      let best = mean.argmax()
      predictions = try Predictions(
        truth: first.truth,
        predicted: first.truth.indices.map { i in
          parts.contains { $0.predicted[i] == first.truth[i] } ? first.truth[i] : best[i]
        }, classes: first.classes)
    }
    accuracy = try predictions.confusion.accuracyInterval()
  }

  private static func mean(_ parts: [Predictions], classes: Int) throws(MetricError) -> ScoreMatrix {
    var sum = [Double](repeating: 0, count: (parts.first?.truth.count ?? 0) * classes)
    for part in parts {
      guard let scores = part.scores else { throw .scoresMissing(metric: "ensemble") }
      for (i, value) in scores.values.enumerated() { sum[i] += value }
    }
    return try ScoreMatrix(sum.map { $0 / Double(parts.count) }, classes: classes)
  }

  private static func majority(_ parts: [Predictions], _ mean: ScoreMatrix) -> [Int] {
    (0..<mean.samples).map { i in
      var votes = [Int](repeating: 0, count: mean.classes)
      for part in parts { votes[part.predicted[i]] += 1 }
      let row = Array(mean.row(i))
      return votes.indices.max { (votes[$0], row[$0], -$0) < (votes[$1], row[$1], -$1) } ?? 0
    }
  }
}
