extension ConfusionMatrix {
  /// The fraction of samples predicted right. NaN without samples.
  public var accuracy: Double { Double(correct) / Double(total) }

  /// The mean recall over the classes that have samples.
  /// - Parameter adjusted: rescale so that chance gives 0 and perfection 1.
  public func balancedAccuracy(adjusted: Bool = false) -> Double {
    let present = (0..<classes).filter { support[$0] > 0 }
    let recalls = present.map { Double(self[truth: $0, predicted: $0]) / Double(support[$0]) }
    let mean = recalls.reduce(0, +) / Double(recalls.count)
    guard adjusted else { return mean }
    let chance = 1 / Double(recalls.count)
    return (mean - chance) / (1 - chance)
  }

  /// How a disagreement between classes `i` and `j` counts in Cohen's kappa.
  public enum KappaWeights: String, CaseIterable, Codable, Sendable {
    /// All alike.
    case none
    /// |i - j|.
    case linear
    /// (i - j)².
    case quadratic

    func weight(_ i: Int, _ j: Int) -> Double {
      switch self {
      case .none: i == j ? 0 : 1
      case .linear: Double(abs(i - j))
      case .quadratic: Double(i - j) * Double(i - j)
      }
    }
  }

  /// Cohen's kappa: agreement beyond what the marginal frequencies give by chance. NaN where only one class
  /// occurs in truth and prediction together.
  ///
  /// J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological
  /// Measurement 20.
  public func cohenKappa(weights: KappaWeights = .none) -> Double {
    var observed = 0.0
    var expected = 0.0
    for i in 0..<classes {
      for j in 0..<classes {
        let weight = weights.weight(i, j)
        observed += weight * Double(self[truth: i, predicted: j])
        expected += weight * Double(support[i]) * Double(predictedCounts[j])
      }
    }
    guard expected != 0 else { return .nan }
    return 1 - observed * Double(total) / expected
  }

  /// Matthews correlation coefficient of several classes; 0 where truth or prediction is constant.
  ///
  /// J. Gorodkin (2004), Comparing two K-category assignments by a K-category correlation coefficient,
  /// Computational Biology and Chemistry 28.
  public var matthewsCorrelation: Double {
    let samples = Double(total)
    let truthNorm = support.reduce(0) { $0 + Double($1) * Double($1) }
    let predictedNorm = predictedCounts.reduce(0) { $0 + Double($1) * Double($1) }
    let cross = zip(support, predictedCounts).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let variances = (samples * samples - truthNorm) * (samples * samples - predictedNorm)
    guard variances != 0 else { return 0 }
    return (Double(correct) * samples - cross) / variances.squareRoot()
  }
}
