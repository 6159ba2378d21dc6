/// How a per-class metric becomes one number.
public enum Average: String, CaseIterable, Codable, Sendable {
  /// Counts of all classes are pooled first.
  case micro
  /// The unweighted mean over classes.
  case macro
  /// The mean over classes weighted by support (the number of true samples).
  case weighted
}

/// What a quotient is worth whose denominator is zero, for example the precision of a class that was never
/// predicted.
public enum ZeroDivision: String, CaseIterable, Codable, Sendable {
  case zero, one
  /// NaN, left out of averages.
  case nan

  /// The value that stands in for the quotient.
  public var value: Double {
    switch self {
    case .zero: 0
    case .one: 1
    case .nan: .nan
    }
  }

  /// `numerator / denominator`, or the stand-in where the denominator is zero.
  func divide(_ numerator: Double, _ denominator: Double) -> Double {
    denominator == 0 ? value : numerator / denominator
  }
}
