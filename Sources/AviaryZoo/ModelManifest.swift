import AviaryImage
import AviaryMetrics

/// What a model of the zoo is and how it is fed: `Zoo/<id>/model.json` (Schemas/model.schema.json).
public struct ModelManifest: Sendable, Codable {
  public struct File: Sendable, Codable, Equatable {
    /// Beside the manifest, or in a folder below it.
    public var path: String
    /// 64 lower-case hexadecimal digits.
    public var sha256: String
    public var bytes: Int
    /// Where to get a file that is not shipped.
    public var url: String?

    public init(path: String, sha256: String, bytes: Int, url: String? = nil) {
      self.path = path
      self.sha256 = sha256
      self.bytes = bytes
      self.url = url
    }
  }

  public struct Source: Sendable, Codable, Equatable {
    public var framework: String
    public var exporter: String
    public var opset: Int?
    public var recipe: String?
    public var data: [String]?

    public init(
      framework: String, exporter: String, opset: Int? = nil, recipe: String? = nil, data: [String]? = nil
    ) {
      self.framework = framework
      self.exporter = exporter
      self.opset = opset
      self.recipe = recipe
      self.data = data
    }
  }

  public struct Output: Sendable, Codable, Equatable {
    public var name: String
    public var kind: OutputKind
    /// In the order of the output's values.
    public var labels: [String]

    public init(name: String, kind: OutputKind, labels: [String]) {
      self.name = name
      self.kind = kind
      self.labels = labels
    }
  }

  /// The result of an evaluation.
  public struct Metrics: Sendable, Codable, Equatable {
    public var data: String
    public var samples: Int
    public var accuracy: Double
    public var balancedAccuracy: Double?
    public var macroF1: Double?
    public var logLoss: Double?

    public init(
      data: String, samples: Int, accuracy: Double, balancedAccuracy: Double? = nil, macroF1: Double? = nil,
      logLoss: Double? = nil
    ) {
      self.data = data
      self.samples = samples
      self.accuracy = accuracy
      self.balancedAccuracy = balancedAccuracy
      self.macroF1 = macroF1
      self.logLoss = logLoss
    }
  }

  public var schema: Int
  /// The name of the manifest's folder.
  public var id: String
  public var name: String
  public var description: String?
  public var family: String
  public var task: String
  /// SPDX identifier.
  public var license: String
  public var file: File
  public var source: Source
  public var parameters: Int?
  public var input: Preprocessing
  public var output: Output
  /// Name of the golden file beside the manifest.
  public var golden: String?
  public var baseline: String?
  public var metrics: [Metrics]?

  public init(
    id: String, name: String, description: String? = nil, family: String, license: String, file: File,
    source: Source, parameters: Int? = nil, input: Preprocessing, output: Output, golden: String? = nil,
    metrics: [Metrics]? = nil
  ) {
    schema = Self.schemaVersion
    self.id = id
    self.name = name
    self.description = description
    self.family = family
    task = input.layout == .ntchw ? "sequence-classification" : "classification"
    self.license = license
    self.file = file
    self.source = source
    self.parameters = parameters
    self.input = input
    self.output = output
    self.golden = golden
    self.metrics = metrics
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case schema, id, name, description, family, task, license, file, source, parameters, input, output
    case golden, baseline, metrics
  }
}

/// What a classifier's output values are.
public enum OutputKind: String, Sendable, Codable, CaseIterable {
  /// Any numbers; softmax makes probabilities of them.
  case logits
  /// Each in 0...1, together 1.
  case probabilities
}

extension OutputKind {
  /// What rows of scores look like: probabilities where every row lies in 0...1 and sums to 1 within 1e-3.
  public init(lookingAt rows: [[Float]]) {
    let tolerance: Float = 1e-3
    let areProbabilities = rows.allSatisfy { row in
      row.allSatisfy { $0 >= -tolerance && $0 <= 1 + tolerance }
        && abs(row.reduce(0, +) - 1) <= tolerance
    }
    self = areProbabilities ? .probabilities : .logits
  }

  /// Probabilities of rows of this kind, by softmax in double precision where they are logits.
  ///
  /// - Throws: `MetricError.notFinite` for a logit that is no finite number.
  public func probabilities(_ rows: [[Float]]) throws(MetricError) -> [[Float]] {
    guard self == .logits, let classes = rows.first?.count else { return rows }
    let result = try ScoreMatrix(Array(rows.joined()), classes: classes).softmax()
    return (0..<result.samples).map { result.row($0).map { Float($0) } }
  }
}
