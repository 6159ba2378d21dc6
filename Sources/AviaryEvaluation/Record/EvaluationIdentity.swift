import AviaryCore
import AviaryImage
import AviaryZoo
import Foundation

/// Everything that the scores of an evaluation depend on: two evaluations of one identity give the same
/// record but for times and host, so that one of them may stand for the other.
public struct EvaluationIdentity: Sendable, Codable, Equatable {
  /// SHA-256 of the model's file.
  public var sha256: String
  public var bytes: Int
  public var input: Preprocessing
  public var outputName: String
  /// `nil`: told by the looks of all rows together.
  public var outputKind: OutputKind?
  /// In the order of the output.
  public var labels: [String]
  public var precision: Precision
  /// Optimizer passes that were left out.
  public var disabledPasses: [String]
  public var data: EvaluationRecord.Data
  /// The data set's, in its order.
  public var classes: [String]
  /// Samples that were asked for, where not all were.
  public var limit: Int?
  /// Whether samples that cannot be read are left out.
  public var skipBad: Bool
  /// The version of Aviary that computes.
  public var software: String

  public init(
    sha256: String, bytes: Int, input: Preprocessing, outputName: String, outputKind: OutputKind?,
    labels: [String], precision: Precision, disabledPasses: [String] = [], data: EvaluationRecord.Data,
    classes: [String], limit: Int? = nil, skipBad: Bool = false, software: String = AviaryVersion.text
  ) {
    self.sha256 = sha256
    self.bytes = bytes
    self.input = input
    self.outputName = outputName
    self.outputKind = outputKind
    self.labels = labels
    self.precision = precision
    self.disabledPasses = disabledPasses
    self.data = data
    self.classes = classes
    self.limit = limit
    self.skipBad = skipBad
    self.software = software
  }

  /// A digest of it all, equal for equal identities: 64 hexadecimal digits. Where the data lie makes no
  /// difference.
  public var key: String {
    var same = self
    same.data.path = ""
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let hash = SHA256()
    // Finite numbers, texts and lists of them: there is nothing that JSON could refuse.
    hash.update(data: (try? encoder.encode(same)) ?? Data())
    return FileDigest.hex(hash.finalize())
  }
}
