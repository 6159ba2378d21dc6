import AviaryMetrics

/// What pictures that also stand in other splits do to a model's accuracy: whoever trained on those has seen
/// them.
public struct LeakEffect: Sendable, Encodable {
  /// Some of the samples.
  public struct Part: Sendable, Encodable {
    public let samples: Int
    public let correct: Int
    public let interval: Interval
    public var accuracy: Double { Double(correct) / Double(samples) }

    /// - Returns: `nil` without samples.
    init?(_ right: [Bool]) {
      samples = right.count
      correct = right.count { $0 }
      guard let interval = try? Interval.wilson(successes: correct, trials: samples) else { return nil }
      self.interval = interval
    }
  }

  public let model: String
  public let all: Part
  /// Samples that stand elsewhere pixel for pixel, and nearly.
  public let exact: Part?
  public let near: Part?
  /// Without the exact ones, and without the near ones either.
  public let withoutExact: Part?
  public let clean: Part?

  /// What the leaked samples add to the accuracy, in fractions of 1.
  public var gain: Double? { clean.map { all.accuracy - $0.accuracy } }

  /// - Returns: `nil` for a record without samples.
  public init?(_ record: EvaluationRecord, name: String? = nil, audit: DataAudit) {
    let split = record.data.split
    let judged = record.samples.map { sample in
      (kind: audit.leak(of: sample.id, in: split), isRight: sample.predicted == sample.label)
    }
    guard let all = Part(judged.map(\.isRight)) else { return nil }
    self.all = all
    model = name ?? record.model.id
    exact = Part(judged.filter { $0.kind == .exact }.map(\.isRight))
    near = Part(judged.filter { $0.kind == .near }.map(\.isRight))
    withoutExact = Part(judged.filter { $0.kind != .exact }.map(\.isRight))
    clean = Part(judged.filter { $0.kind == nil }.map(\.isRight))
  }
}
