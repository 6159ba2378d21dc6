import AviaryCore
import AviaryImage
import AviaryZoo

/// Everything an evaluation found out: every sample's scores. Metrics, charts and comparisons are computed
/// from records, never by running the model again.
///
/// Equal evaluations give equal records in everything but `run`; parts over different samples can be merged.
public struct EvaluationRecord: Sendable, Codable, Equatable {
  public struct Model: Sendable, Codable, Equatable {
    public var id: String
    public var file: String
    public var sha256: String
    public var bytes: Int
    public var input: Preprocessing
    /// What the model's output was taken for before it became the samples' scores.
    public var outputKind: OutputKind
    /// The model's own labels, in the order of its output.
    public var labels: [String]
    /// The arithmetic that the scores were computed in.
    public var precision: Precision

    public init(
      id: String, file: String, sha256: String, bytes: Int, input: Preprocessing, outputKind: OutputKind,
      labels: [String], precision: Precision = .fp32
    ) {
      self.id = id
      self.file = file
      self.sha256 = sha256
      self.bytes = bytes
      self.input = input
      self.outputKind = outputKind
      self.labels = labels
      self.precision = precision
    }

    public static func == (a: Model, b: Model) -> Bool {
      a.id == b.id && a.sha256 == b.sha256 && a.bytes == b.bytes && a.input == b.input
        && a.outputKind == b.outputKind && a.labels == b.labels && a.precision == b.precision
    }
  }

  public struct Data: Sendable, Codable, Equatable {
    public var kind: String
    public var path: String
    public var split: String
    /// Of all samples of the split, evaluated or not.
    public var contentHash: String
    /// Samples in the split.
    public var samples: Int
    /// How the pictures were changed before the model saw them; absent where they were not.
    public var change: String?

    public init(
      kind: String, path: String, split: String, contentHash: String, samples: Int, change: String? = nil
    ) {
      self.kind = kind
      self.path = path
      self.split = split
      self.contentHash = contentHash
      self.samples = samples
      self.change = change
    }

    public static func == (a: Data, b: Data) -> Bool {
      a.kind == b.kind && a.split == b.split && a.contentHash == b.contentHash && a.samples == b.samples
        && a.change == b.change
    }
  }

  public struct Sample: Sendable, Codable, Equatable {
    /// Position in the split.
    public var index: Int
    public var id: String
    /// Index into `classes`.
    public var label: Int
    /// Probabilities, in the order of `classes`.
    public var scores: [Float]

    public init(
      index: Int, id: String, label: Int, scores: [Float]
    ) {
      self.index = index
      self.id = id
      self.label = label
      self.scores = scores
    }
  }

  /// A sample that was left out: its picture cannot be read, or its label could not be told, in which case it
  /// has neither position nor id.
  public struct Skipped: Sendable, Codable, Hashable {
    public var index: Int?
    public var id: String?
    public var reason: String

    public init(
      index: Int?, id: String?, reason: String
    ) {
      self.index = index
      self.id = id
      self.reason = reason
    }
  }

  /// What differs between two runs of the same evaluation.
  public struct Run: Sendable, Codable, Equatable {
    public var host: String
    /// ISO 8601, UTC.
    public var started: String
    public var seconds: Double
    public var threads: Int
    public var batch: Int
    /// How long the model's runs took; absent in records from before it was kept.
    public var latency: Latency?
    /// What the model costs, where it was measured.
    public var cost: RunCost?

    public init(
      host: String, started: String, seconds: Double, threads: Int, batch: Int, latency: Latency? = nil,
      cost: RunCost? = nil
    ) {
      self.host = host
      self.started = started
      self.seconds = seconds
      self.threads = threads
      self.batch = batch
      self.latency = latency
      self.cost = cost
    }
  }

  /// The model's runs during an evaluation, in the order of the batches.
  public struct Latency: Sendable, Codable, Equatable {
    /// How many samples each batch had.
    public var samples: [Int]
    /// Of each batch, on one thread.
    public var milliseconds: [Double]

    public init(_ batches: [EvaluationBatch]) {
      let ran = batches.sorted { $0.number < $1.number }.filter { !$0.positions.isEmpty }
      samples = ran.map(\.positions.count)
      milliseconds = ran.map(\.milliseconds)
    }

    /// Images per second of all threads together; `nil` where nothing ran.
    public func throughput(threads: Int) -> Double? {
      let seconds = milliseconds.reduce(0, +) / 1e3
      return seconds > 0 ? Double(samples.reduce(0, +) * max(1, threads)) / seconds : nil
    }
  }

  public static let currentVersion = 1

  public var version: Int
  public var model: Model
  public var data: Data
  /// The data set's classes in its order; labels and scores go by it.
  public var classes: [String]
  /// In the order of the split.
  public var samples: [Sample]
  public var skipped: [Skipped]
  public var run: Run
  /// The version of Aviary that computed it; absent in records from before it was kept.
  public var software: String?
  /// Where it is only a part.
  public var shard: EvaluationShard?

  public init(
    version: Int, model: Model, data: Data, classes: [String], samples: [Sample], skipped: [Skipped],
    run: Run, software: String? = nil, shard: EvaluationShard? = nil
  ) {
    self.version = version
    self.model = model
    self.data = data
    self.classes = classes
    self.samples = samples
    self.skipped = skipped
    self.run = run
    self.software = software
    self.shard = shard
  }
}

extension EvaluationRecord.Model {
  /// Records from before there was a choice do not name the precision: it was fp32.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try container.decode(String.self, forKey: .id),
      file: try container.decode(String.self, forKey: .file),
      sha256: try container.decode(String.self, forKey: .sha256),
      bytes: try container.decode(Int.self, forKey: .bytes),
      input: try container.decode(Preprocessing.self, forKey: .input),
      outputKind: try container.decode(OutputKind.self, forKey: .outputKind),
      labels: try container.decode([String].self, forKey: .labels),
      precision: try container.decodeIfPresent(Precision.self, forKey: .precision) ?? .fp32)
  }
}
