import Foundation

/// Accepted results of a model on a data set, sample by sample: `Zoo/<id>/baseline.json`
/// (Schemas/baseline.schema.json).
public struct Baseline: Sendable, Equatable, Decodable {
  /// What one image takes, beside what the reference kernel takes on the same machine.
  public struct Latency: Sendable, Equatable, Codable {
    public var milliseconds: Double
    public var referenceMilliseconds: Double

    public init(milliseconds: Double, referenceMilliseconds: Double) {
      self.milliseconds = milliseconds
      self.referenceMilliseconds = referenceMilliseconds
    }

    /// Free of how fast the machine is.
    public var ratio: Double { milliseconds / referenceMilliseconds }
  }

  public var schema = 1
  public var model: String
  /// Of the model file that was evaluated.
  public var sha256: String
  /// `KIND:PATH`; a relative path starts at the folder that holds the zoo.
  public var data: String
  public var split: String?
  /// `Dataset.contentHash()`.
  public var contentHash: String?
  public var metrics: [String: Double]
  /// The label with the highest score, by the sample's id. Empty where scores are packed.
  public var predictions: [String: String] = [:]
  /// What the values of `scores` belong to.
  public var classes: [String]?
  /// Probabilities by the sample's id.
  public var scores: [String: [Float]]?
  /// The same for many samples, in the order of the split, which `contentHash` fixes.
  public var packed: PackedScores?
  public var latency: Latency?
  /// What `packed` holds.
  private(set) var unpacked: [(predicted: Int, scores: [Float])] = []

  /// Sets of more samples are packed: they are no longer for reading.
  public static let mostListed = 500

  private enum CodingKeys: String, CodingKey {
    case schema, model, sha256, data, split, contentHash, metrics, predictions, classes, scores, packed, latency
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schema = try container.decode(Int.self, forKey: .schema)
    model = try container.decode(String.self, forKey: .model)
    sha256 = try container.decode(String.self, forKey: .sha256)
    data = try container.decode(String.self, forKey: .data)
    split = try container.decodeIfPresent(String.self, forKey: .split)
    contentHash = try container.decodeIfPresent(String.self, forKey: .contentHash)
    metrics = try container.decode([String: Double].self, forKey: .metrics)
    predictions = try container.decodeIfPresent([String: String].self, forKey: .predictions) ?? [:]
    classes = try container.decodeIfPresent([String].self, forKey: .classes)
    scores = try container.decodeIfPresent([String: [Float]].self, forKey: .scores)
    packed = try container.decodeIfPresent(PackedScores.self, forKey: .packed)
    latency = try container.decodeIfPresent(Latency.self, forKey: .latency)
  }

  public static func == (a: Self, b: Self) -> Bool { a.text == b.text }

  /// How many samples it is about.
  public var count: Int { packed?.samples ?? predictions.count }

  /// What it says of a sample.
  ///
  /// - Parameters:
  ///   - id: by which listed samples go.
  ///   - position: in the split, by which packed ones go.
  /// - Returns: the label, and the probabilities in the order of `classes` where there are any.
  public func accepted(id: String, position: Int) -> (label: String, scores: [Float]?)? {
    guard packed != nil else { return predictions[id].map { ($0, scores?[id]) } }
    guard let classes, unpacked.indices.contains(position) else { return nil }
    let sample = unpacked[position]
    return classes.indices.contains(sample.predicted) ? (classes[sample.predicted], sample.scores) : nil
  }

  /// - Parameters:
  ///   - samples: in the order of the split; `predicted` is an index into `classes`.
  ///   - isPacked: by default where there are more than `mostListed` samples.
  public init(
    model: String, sha256: String, data: String, split: String?, contentHash: String?,
    metrics: [String: Double], classes: [String], samples: [(id: String, predicted: Int, scores: [Float])],
    latency: Latency? = nil, isPacked: Bool? = nil
  ) {
    self.model = model
    self.sha256 = sha256
    self.data = data
    self.split = split
    self.contentHash = contentHash
    self.metrics = metrics
    self.classes = classes
    self.latency = latency
    guard !(isPacked ?? (samples.count > Self.mostListed)) || contentHash == nil else {
      packed = PackedScores(rows: samples.map(\.scores), predicted: samples.map(\.predicted))
      unpacked = (try? packed?.rows(classes: classes.count, path: model)) ?? []
      return
    }
    predictions = Dictionary(
      samples.map { ($0.id, classes.indices.contains($0.predicted) ? classes[$0.predicted] : "") },
      uniquingKeysWith: { first, _ in first })
    scores = Dictionary(samples.map { ($0.id, $0.scores) }, uniquingKeysWith: { first, _ in first })
  }

  /// - Throws: `ZooError.manifest` naming the file and what is wrong with it.
  public init(contentsOf path: String) throws(ZooError) {
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      try ManifestSchema.check(data, at: path, against: ManifestSchema.baseline)
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as ZooError {
      throw error
    } catch let error as DecodingError {
      throw .manifest(path: path, problem: explain(error))
    } catch {
      throw .manifest(path: path, problem: "cannot be read: \(error.localizedDescription)")
    }
    if let packed {
      guard let classes, contentHash != nil, predictions.isEmpty, scores == nil else {
        throw .manifest(
          path: path, problem: "packed scores need classes and contentHash, and neither predictions nor scores")
      }
      unpacked = try packed.rows(classes: classes.count, path: path)
      return
    }
    guard !predictions.isEmpty else { throw .manifest(path: path, problem: "has neither predictions nor packed scores") }
    guard let scores else { return }
    guard let classes else { throw .manifest(path: path, problem: "has scores, but no classes") }
    if let bad = scores.keys.sorted().first(where: { scores[$0]?.count != classes.count }) {
      throw .manifest(path: path, problem: "scores of '\(bad)': there are \(classes.count) classes")
    }
    guard scores.count == predictions.count, predictions.keys.allSatisfy({ scores[$0] != nil }) else {
      throw .manifest(path: path, problem: "scores and predictions are of different samples")
    }
  }

  /// The text of the file: a line per sample, so that a change is a line in a diff.
  public var text: String {
    var members: [(String, String)] = [
      ("schema", "1"), ("model", Self.quoted(model)), ("sha256", Self.quoted(sha256)),
      ("data", Self.quoted(data)),
    ]
    if let split { members.append(("split", Self.quoted(split))) }
    if let contentHash { members.append(("contentHash", Self.quoted(contentHash))) }
    let shown = Self.metricOrder.filter { metrics[$0] != nil }
    let others = metrics.keys.sorted().filter { !shown.contains($0) }
    members.append(("metrics", Self.object((shown + others).map { ($0, Self.number(metrics[$0] ?? 0)) })))
    if let latency {
      members.append(
        (
          "latency",
          Self.object([
            ("milliseconds", Self.number(latency.milliseconds)),
            ("referenceMilliseconds", Self.number(latency.referenceMilliseconds)),
          ])
        ))
    }
    if let classes { members.append(("classes", "[" + classes.map(Self.quoted).joined(separator: ", ") + "]")) }
    if let packed {
      members.append(
        (
          "packed",
          Self.object([
            ("samples", "\(packed.samples)"), ("step", "\(packed.step)"), ("data", Self.quoted(packed.data)),
          ])
        ))
      return Self.file(members)
    }
    let ids = predictions.keys.sorted()
    members.append(("predictions", Self.object(ids.map { ($0, Self.quoted(predictions[$0] ?? "")) })))
    if let scores {
      members.append(
        (
          "scores",
          Self.object(
            ids.map { id in (id, "[" + (scores[id] ?? []).map { "\($0)" }.joined(separator: ", ") + "]") })
        ))
    }
    return Self.file(members)
  }

  private static func file(_ members: [(String, String)]) -> String {
    let lines = members.map { "  \(quoted($0)): \($1)" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  private static let metricOrder = ["samples", "accuracy", "balancedAccuracy", "macroF1", "logLoss"]

  private static func object(_ members: [(String, String)]) -> String {
    guard !members.isEmpty else { return "{}" }
    return "{\n" + members.map { "    \(quoted($0)): \($1)" }.joined(separator: ",\n") + "\n  }"
  }

  /// Six decimals are more than any sample set can tell apart.
  private static func number(_ value: Double) -> String {
    let rounded = (value * 1e6).rounded() / 1e6
    return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text().trimmingNewline }
}

extension String {
  fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
