/// Why a metric cannot be computed from what it was given.
public enum MetricError: Error, Equatable, Sendable {
  /// There is no sample.
  case empty(what: String)
  /// Two inputs that describe the same samples differ in length.
  case lengthMismatch(what: String, got: Int, expected: Int)
  /// A label is negative or not below the number of classes.
  case labelOutOfRange(what: String, sample: Int, label: Int, classes: Int)
  /// The metric is defined for more classes than there are.
  case tooFewClasses(got: Int, needed: Int)
  /// A matrix with a row and a column per class would be too large.
  case tooManyClasses(got: Int, limit: Int)
  /// A score is NaN or infinite.
  case notFinite(sample: Int, class: Int)
  /// A score lies outside 0...1 where probabilities are needed.
  case notProbability(sample: Int, class: Int, value: Double)
  /// The scores of a sample do not sum to one where a distribution is needed.
  case notNormalized(sample: Int, sum: Double)
  /// The metric needs scores and there are only predicted labels.
  case scoresMissing(metric: String)
  /// An option has a value that makes no sense.
  case invalidArgument(name: String, reason: String)
  /// Counts exceed what an `Int` holds.
  case overflow(what: String)
}

extension MetricError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty(let what):
      "\(what): no samples; a metric needs at least one"
    case .lengthMismatch(let what, let got, let expected):
      "\(what): \(got) values where \(expected) are needed"
    case .labelOutOfRange(let what, let sample, let label, let classes):
      "\(what): sample \(sample) has label \(label); with \(classes) classes labels are 0 to \(classes - 1)"
    case .tooFewClasses(let got, let needed):
      "\(got) classes; this metric needs at least \(needed)"
    case .tooManyClasses(let got, let limit):
      "\(got) classes; a confusion matrix holds at most \(limit)"
    case .notFinite(let sample, let `class`):
      "scores: sample \(sample), class \(`class`) is NaN or infinite"
    case .notProbability(let sample, let `class`, let value):
      "scores: sample \(sample), class \(`class`) is \(value), which is no probability; "
        + "apply softmax to logits first"
    case .notNormalized(let sample, let sum):
      "scores: sample \(sample) sums to \(sum) instead of 1; normalise the rows or apply softmax first"
    case .scoresMissing(let metric):
      "\(metric) needs the scores of every class, not only predicted labels"
    case .invalidArgument(let name, let reason):
      "\(name): \(reason)"
    case .overflow(let what):
      "\(what): too large to count"
    }
  }
}
