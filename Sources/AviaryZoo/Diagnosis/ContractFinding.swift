import AviaryMetrics

/// What labelled pictures say of a model's input and labels.
public struct ContractFinding: Sendable, Encodable {
  /// One way to feed pictures and how well it did, with the labels in the order that is proposed.
  public struct Trial: Sendable, Encodable {
    public let name: String
    public let accuracy: Double
    public let samples: Int
    /// McNemar's test against the proposed one; small where the difference is no chance.
    public let pValue: Double
  }

  /// One thing that was assumed wrongly.
  public struct Mistake: Sendable, Equatable, Encodable {
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

  /// Where the proposed order of labels comes from.
  public enum LabelSource: String, Sendable, Encodable {
    /// Somebody said it, and the pictures do not contradict, or it is kept whatever they say.
    case given
    /// One that models usually have: the pictures do not contradict it, nor do they tell it from another.
    case usual
    /// The pictures fit it best.
    case pictures
  }

  public let samples: Int
  /// Best first.
  public let trials: [Trial]
  /// The one that fits.
  public let variant: InputVariant
  /// Of `variant` with the labels in the order of `classOfOutput`.
  public let accuracy: Double
  /// Of that accuracy, 95 %.
  public let interval: Interval?
  /// What the model's rows look like.
  public let outputKind: OutputKind
  /// For each output the class of the data; `nil` where the data has no such class.
  public let classOfOutput: [Int?]
  /// For each output the class by the data's name, or by the given one where the data has no such class.
  public let labels: [String]
  public let labelSource: LabelSource
  public let classes: [String]
  /// The two labels that are least surely told apart in that order.
  public let weakestLabels: LabelFit.Doubt?
  /// What was assumed wrongly, in the order numbers, channels, resize, labels.
  public let mistakes: [Mistake]
  /// What the pictures cannot tell, for people.
  public let doubts: [String]
  /// Whether the model recognises the classes at all; otherwise nothing above says anything.
  public let isConclusive: Bool

  private enum CodingKeys: String, CodingKey {
    case samples, trials, proposed, accuracy, interval, labels, labelSource, weakestLabels, mistakes, doubts
    case isConclusive
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(samples, forKey: .samples)
    try container.encode(trials, forKey: .trials)
    try container.encode(variant.description, forKey: .proposed)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encodeIfPresent(interval, forKey: .interval)
    try container.encode(labels, forKey: .labels)
    try container.encode(labelSource, forKey: .labelSource)
    try container.encodeIfPresent(weakestLabels, forKey: .weakestLabels)
    try container.encode(mistakes, forKey: .mistakes)
    try container.encode(doubts, forKey: .doubts)
    try container.encode(isConclusive, forKey: .isConclusive)
  }
}
