import AviaryMetrics

/// What labelled pictures say of a model's input and labels.
public struct ContractFinding: Sendable, Encodable {
  /// One way to feed pictures and how well it did, under the order of labels that suits it best.
  public struct Trial: Sendable, Encodable {
    public let name: String
    public let accuracy: Double
    public let samples: Int
    /// McNemar's test against the proposed one; small where the difference is no chance.
    public let pValue: Double
  }

  /// One thing that was assumed wrongly.
  public struct Mistake: Sendable, Encodable {
    public enum Part: String, Sendable, Encodable {
      case numbers, channels, resize, labels
    }

    public let part: Part
    public let assumed: String
    public let found: String
    /// Accuracy with all earlier mistakes corrected, and then with this one too.
    public let before: Double
    public let after: Double
  }

  public let samples: Int
  /// Best first.
  public let trials: [Trial]
  /// The one that fits.
  public let variant: InputVariant
  public let accuracy: Double
  /// 95 %.
  public let interval: Interval?
  /// For each output the class of the data.
  public let classOfOutput: [Int]
  public let classes: [String]
  /// The two labels that are least surely told apart.
  public let weakestLabels: LabelFit.Doubt?
  /// What was assumed wrongly, in the order numbers, channels, resize, labels.
  public let mistakes: [Mistake]
  /// What the pictures cannot tell, for people.
  public let doubts: [String]
  /// Whether the model recognises the classes at all; otherwise nothing above says anything.
  public let isConclusive: Bool

  private enum CodingKeys: String, CodingKey {
    case samples, trials, proposed, accuracy, interval, labels, weakestLabels, mistakes, doubts, isConclusive
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(samples, forKey: .samples)
    try container.encode(trials, forKey: .trials)
    try container.encode(variant.description, forKey: .proposed)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encodeIfPresent(interval, forKey: .interval)
    try container.encode(classOfOutput.map { classes[$0] }, forKey: .labels)
    try container.encodeIfPresent(weakestLabels, forKey: .weakestLabels)
    try container.encode(mistakes, forKey: .mistakes)
    try container.encode(doubts, forKey: .doubts)
    try container.encode(isConclusive, forKey: .isConclusive)
  }
}
