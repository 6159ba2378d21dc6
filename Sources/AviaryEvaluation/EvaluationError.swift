/// Why an evaluation cannot be made or cannot be trusted.
public enum EvaluationError: Error, Sendable, Equatable {
  /// Number or names of classes differ; says which of model, labels and data disagrees.
  case classes(String)
  /// The split has no samples.
  case noSamples(dataset: String, split: String)
  /// No sample could be read (`--skip-bad` skipped them all); the first reason.
  case nothingReadable(dataset: String, skipped: Int, first: String)
  /// A sample that cannot be read. The message names the file or the line.
  case sample(String)
  /// The model made NaN or infinity of a sample.
  case notFinite(model: String, sample: String)
  /// Records that are not parts of one evaluation.
  case records(String)
  /// A record that cannot be read or written.
  case recordFile(path: String, problem: String)
  /// An option without meaning, such as a batch of 0.
  case option(String)
}

extension EvaluationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .classes(let text), .sample(let text), .records(let text), .option(let text): text
    case .noSamples(let dataset, let split): "\(dataset): split '\(split)' has no samples"
    case .nothingReadable(let dataset, let skipped, let first):
      "\(dataset): none of \(skipped) samples can be read; the first: \(first)"
    case .notFinite(let model, let sample):
      "\(model): its scores for \(sample) are not finite numbers; check the input contract"
    case .recordFile(let path, let problem): "\(path): \(problem)"
    }
  }
}
