import AviaryMetrics

/// What differs between two records, over the samples that both have.
public struct RunDifference: Sendable, Encodable {
  /// Something that was not the same to begin with.
  public struct Change: Sendable, Encodable, Equatable {
    public let name: String
    public let first: String
    public let second: String
  }

  /// A sample that is not predicted alike; all are names of classes.
  public struct Sample: Sendable, Encodable, Equatable {
    public let id: String
    public let label: String
    public let first: String
    public let second: String
  }

  public let changes: [Change]
  /// Samples in both records, and in one only.
  public let common: Int
  public let onlyFirst: Int
  public let onlySecond: Int
  /// On what is in both.
  public let firstAccuracy: Double
  public let secondAccuracy: Double
  public let test: McNemar
  public let pValue: Double
  /// The largest difference of a probability.
  public let largestChange: Float
  public let changed: [Sample]

  /// - Throws: `EvaluationError.records` where the classes differ or no sample is in both; `MetricError`.
  public init(_ first: EvaluationRecord, _ second: EvaluationRecord) throws {
    guard first.classes == second.classes else {
      throw EvaluationError.records(
        "the runs have different classes: \(first.classes.joined(separator: ", ")) and "
          + second.classes.joined(separator: ", "))
    }
    let others = Dictionary(second.samples.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = first.samples.compactMap { sample in others[sample.id].map { (sample, $0) } }
    guard !pairs.isEmpty else { throw EvaluationError.records("the runs have no sample in common") }
    common = pairs.count
    onlyFirst = first.samples.count - pairs.count
    onlySecond = second.samples.count - pairs.count
    changes = Self.changes(first, second)

    let truth = pairs.map(\.0.label)
    let a = pairs.map { $0.0.predicted }
    let b = pairs.map { $0.1.predicted }
    test = try McNemar(truth: truth, first: a, second: b)
    pValue = test.exactPValue
    let total = Double(pairs.count)
    firstAccuracy = Double(zip(truth, a).count { $0 == $1 }) / total
    secondAccuracy = Double(zip(truth, b).count { $0 == $1 }) / total
    largestChange = pairs.reduce(0) { largest, pair in
      zip(pair.0.scores, pair.1.scores).reduce(largest) { max($0, abs($1.0 - $1.1)) }
    }
    let classes = first.classes
    func name(_ label: Int) -> String { classes.indices.contains(label) ? classes[label] : "\(label)" }
    changed = pairs.indices.filter { a[$0] != b[$0] }.map { index in
      Sample(
        id: pairs[index].0.id, label: name(truth[index]), first: name(a[index]), second: name(b[index]))
    }
  }

  private static func changes(_ a: EvaluationRecord, _ b: EvaluationRecord) -> [Change] {
    func data(_ record: EvaluationRecord) -> String {
      "\(record.data.kind) \(record.data.split)" + (record.data.change.map { ", \($0)" } ?? "")
    }
    func input(_ record: EvaluationRecord) -> String {
      let input = record.model.input
      let resize = input.resize.map { "\($0.kernel.rawValue)\($0.antialias ? " antialiased" : "")" } ?? "none"
      return "\(input.width)x\(input.height) \(input.channels.rawValue) \(input.layout.rawValue), scale "
        + "\(input.scale), mean \(input.mean), std \(input.std), resize \(resize)"
    }
    func short(_ hash: String) -> String { String(hash.prefix(12)) }
    let all: [(name: String, first: String, second: String)] = [
      ("model", a.model.id, b.model.id),
      ("model hash", short(a.model.sha256), short(b.model.sha256)),
      ("data", data(a), data(b)),
      ("data hash", short(a.data.contentHash), short(b.data.contentHash)),
      ("input", input(a), input(b)), ("output", a.model.outputKind.rawValue, b.model.outputKind.rawValue),
      ("labels", a.model.labels.joined(separator: ", "), b.model.labels.joined(separator: ", ")),
      ("arithmetic", a.model.precision.rawValue, b.model.precision.rawValue),
      ("software", a.software ?? "unknown", b.software ?? "unknown"),
    ]
    return all.filter { $0.first != $0.second }
      .map { Change(name: $0.name, first: $0.first, second: $0.second) }
  }
}

extension EvaluationRecord.Sample {
  /// The class with the highest score; of equal ones the first.
  public var predicted: Int {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best
  }
}
