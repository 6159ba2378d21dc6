/// What counts as worse. Falls are in fractions of 1.
public struct GateTolerances: Sendable, Equatable {
  /// The largest fall of accuracy; without it a fall counts that a paired test calls significant.
  public var accuracy: Double?
  /// The same for macro-F1.
  public var macroF1: Double?
  /// The same for the recall of any class.
  public var classRecall: Double?
  /// The largest change of any logarithm of a probability, which is that of a logit up to a common term;
  /// nil allows any. Probabilities below `leastProbability` count as that.
  public var drift: Double? = 1e-3
  /// The largest growth of one image's latency relative to the reference kernel; nil is not measured.
  public var latencyRatio: Double?
  /// A fall counts where chance alone gives it less often than in 1 - confidence of cases; for classes that
  /// is divided by their number.
  public var confidence = 0.95

  public static let leastProbability: Float = 1e-6

  public init() {}
}
