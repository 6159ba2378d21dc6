/// How far accuracy and macro-F1 of several classifiers, and the differences between any two of them, would
/// vary with other samples of the same kind.
///
/// The samples are drawn anew with replacement, by a seeded generator; every drawing holds for all
/// classifiers, so that what they find equally hard does not blur their difference. Intervals hold the middle
/// of what the drawings give.
///
/// B. Efron and R. J. Tibshirani (1993), An introduction to the bootstrap.
public struct PairedBootstrap: Sendable {
  public struct Options: Sendable, Equatable {
    public var resamples = 2000
    public var seed: UInt64 = 1
    /// How often an interval covers the truth, between 0 and 1 without either.
    public var confidence = 0.95

    public init() {}
  }

  /// A number and how far it would vary.
  public struct Estimate: Sendable, Equatable, Codable {
    public let value: Double
    public let lower: Double
    public let upper: Double
  }

  private let options: Options
  /// Of the samples as they are, for each classifier.
  private let accuracies: [Double]
  private let f1s: [Double]
  /// Of each drawing.
  private let drawnAccuracies: [[Double]]
  private let drawnF1s: [[Double]]

  /// - Parameter predicted: for each classifier one class per sample.
  /// - Throws: `MetricError` for no samples, unequal lengths, labels out of range, or options without meaning.
  public init(
    truth: [Int], predicted: [[Int]], classes: Int, options: Options = .init()
  ) throws(MetricError) {
    guard (1...1_000_000).contains(options.resamples) else {
      throw .invalidArgument(name: "resamples", reason: "\(options.resamples) is not in 1...1000000")
    }
    guard options.confidence > 0, options.confidence < 1 else {
      throw .invalidArgument(name: "confidence", reason: "\(options.confidence) is not between 0 and 1")
    }
    try Predictions.check(truth, what: "truth", classes: classes)
    guard truth.count < 1 << 31 else { throw .overflow(what: "samples") }
    self.options = options
    var counts: [ConfusionMatrix] = []
    for one in predicted {
      counts.append(try ConfusionMatrix(truth: truth, predicted: one, classes: classes))
    }
    accuracies = counts.map(\.accuracy)
    f1s = try counts.map { matrix throws(MetricError) in try matrix.averageScores(.macro).f1 }

    var generator = SeededGenerator(seed: options.seed)
    var accuracies = [[Double]](repeating: [], count: predicted.count)
    var f1s = accuracies
    // Which cell of its matrix each sample is in.
    let cells = predicted.map { one in zip(truth, one).map { Int32(truncatingIfNeeded: $0 * classes + $1) } }
    for _ in 0..<options.resamples {
      var weights = [Int32](repeating: 0, count: truth.count)
      for _ in truth.indices { weights[generator.next(below: truth.count)] += 1 }
      for (model, cells) in cells.enumerated() {
        var matrix = [Int](repeating: 0, count: classes * classes)
        for (cell, weight) in zip(cells, weights) { matrix[Int(cell)] += Int(weight) }
        let (accuracy, f1) = Self.scores(matrix, classes)
        accuracies[model].append(accuracy)
        f1s[model].append(f1)
      }
    }
    drawnAccuracies = accuracies
    drawnF1s = f1s
  }

  public func accuracy(_ model: Int) -> Estimate { estimate(accuracies[model], drawnAccuracies[model]) }
  public func macroF1(_ model: Int) -> Estimate { estimate(f1s[model], drawnF1s[model]) }

  /// The accuracy of one classifier minus that of another.
  public func accuracyDifference(_ first: Int, _ second: Int) -> Estimate {
    estimate(
      accuracies[first] - accuracies[second],
      zip(drawnAccuracies[first], drawnAccuracies[second]).map { $0 - $1 })
  }

  /// The macro-F1 of one classifier minus that of another.
  public func macroF1Difference(_ first: Int, _ second: Int) -> Estimate {
    estimate(f1s[first] - f1s[second], zip(drawnF1s[first], drawnF1s[second]).map { $0 - $1 })
  }

  private func estimate(_ value: Double, _ drawn: [Double]) -> Estimate {
    let sorted = drawn.sorted()
    let tail = (1 - options.confidence) / 2
    return Estimate(
      value: value, lower: MetricIntervals.quantile(sorted, tail),
      upper: MetricIntervals.quantile(sorted, 1 - tail))
  }

  /// Accuracy and macro-F1; the F1 of a class that neither occurs nor is predicted is 0, as in reports.
  private static func scores(_ matrix: [Int], _ classes: Int) -> (accuracy: Double, f1: Double) {
    var (correct, total, f1) = (0, 0, 0.0)
    for c in 0..<classes {
      var (support, predicted) = (0, 0)
      for other in 0..<classes {
        support += matrix[c * classes + other]
        predicted += matrix[other * classes + c]
      }
      let hits = matrix[c * classes + c]
      correct += hits
      total += support
      if support + predicted > 0 { f1 += 2 * Double(hits) / Double(support + predicted) }
    }
    return (Double(correct) / Double(total), f1 / Double(classes))
  }
}
