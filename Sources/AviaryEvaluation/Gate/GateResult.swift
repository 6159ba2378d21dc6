/// What a model's comparison with its baseline gave.
public struct GateResult: Sendable, Encodable {
  /// One thing that was looked at.
  public struct Check: Sendable, Encodable, Equatable {
    public let name: String
    public let passed: Bool
    public let message: String

    public init(name: String, passed: Bool, message: String) {
      self.name = name
      self.passed = passed
      self.message = message
    }
  }

  /// A sample whose prediction is another one now.
  public struct ChangedSample: Sendable, Encodable, Equatable {
    public let id: String
    public let truth: String
    public let before: String
    public let after: String
  }

  public struct Metric: Sendable, Encodable, Equatable {
    public let name: String
    public let before: Double?
    public let after: Double?
  }

  public let model: String
  public let baseline: String
  public var checks: [Check]
  public var metrics: [Metric]
  public var changed: [ChangedSample]
  /// What is worth knowing and no failure.
  public var notes: [String]
  public var seconds: Double

  public init(
    model: String, baseline: String, checks: [Check] = [], metrics: [Metric] = [],
    changed: [ChangedSample] = [], notes: [String] = [], seconds: Double = 0
  ) {
    self.model = model
    self.baseline = baseline
    self.checks = checks
    self.metrics = metrics
    self.changed = changed
    self.notes = notes
    self.seconds = seconds
  }

  public var passed: Bool { checks.allSatisfy(\.passed) }

  private enum CodingKeys: String, CodingKey {
    case model, baseline, passed, checks, metrics, changed, notes, seconds
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(baseline, forKey: .baseline)
    try container.encode(passed, forKey: .passed)
    try container.encode(checks, forKey: .checks)
    try container.encode(metrics, forKey: .metrics)
    try container.encode(changed, forKey: .changed)
    try container.encode(notes, forKey: .notes)
    try container.encode(seconds, forKey: .seconds)
  }
}
