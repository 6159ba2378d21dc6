import Foundation

/// The index of a zoo as a file: what programs want to know of each model without opening its manifest.
public struct ZooSummary: Sendable, Codable, Equatable {
  public struct Model: Sendable, Codable, Equatable {
    public let id: String
    public let name: String
    public let family: String
    public let license: String
    public let bytes: Int
    public let sha256: String
    public let url: String?
    public let parameters: Int?
    public let labels: [String]
    public let metrics: [ModelManifest.Metrics]?
  }

  public struct Detector: Sendable, Codable, Equatable {
    public let id: String
    public let name: String
    public let detector: String
    public let license: String
    /// By role.
    public let files: [String: ModelManifest.File]
  }

  public static let fileName = "index.json"

  public let schema: Int
  public let models: [Model]
  /// `nil` in a zoo without face detectors.
  public let detectors: [Detector]?

  /// - Throws: `ZooError.manifest` of the first model whose manifest cannot be used: an index that leaves one
  ///   out would be taken for the whole.
  public init(_ zoo: ZooIndex) throws(ZooError) {
    schema = 1
    var models: [Model] = []
    for entry in zoo.entries {
      let manifest = try entry.manifest.get()
      models.append(
        Model(
          id: manifest.id, name: manifest.name, family: manifest.family, license: manifest.license,
          bytes: manifest.file.bytes, sha256: manifest.file.sha256, url: manifest.file.url,
          parameters: manifest.parameters, labels: manifest.output.labels, metrics: manifest.metrics))
    }
    self.models = models
    var detectors: [Detector] = []
    for entry in zoo.detectors {
      let manifest = try entry.manifest.get()
      detectors.append(
        Detector(
          id: manifest.id, name: manifest.name, detector: manifest.detector, license: manifest.license,
          files: manifest.files))
    }
    self.detectors = detectors.isEmpty ? nil : detectors
  }

  /// The text of the file; equal indices are equal texts.
  public func text() throws -> String {
    try JSONValue(JSONEncoder().encode(self)).text(keys: [
      "schema", "models", "id", "name", "family", "license", "bytes", "sha256", "url", "parameters", "labels",
      "metrics", "detectors", "detector", "files", "path", "data", "samples", "accuracy", "balancedAccuracy", "macroF1",
      "logLoss",
    ])
  }
}
