import AviaryCore
import AviaryEvaluation
import Foundation

/// What the store knows of a run without its scores.
public struct StoredRun: Sendable, Encodable {
  public enum State: String, Sendable, Codable {
    case finished
    /// Some process is at it.
    case running
    /// Nobody is at it any more.
    case interrupted
  }

  public let id: Int64
  public let state: State
  public let source: EvaluationRecord.Source
  public let identity: EvaluationIdentity
  public let shard: EvaluationShard
  public let batch: Int
  /// Samples that are done, whether they could be read or not, and that there are to do.
  public let done: Int
  public let expected: Int
  public let accuracy: Double?
  /// ISO 8601, UTC.
  public let started: String
  /// Where, when and how long, once it is finished.
  public let run: EvaluationRecord.Run?
}
