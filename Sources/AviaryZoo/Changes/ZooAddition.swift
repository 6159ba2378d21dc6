import AviaryCore
import AviaryImage
import AviaryONNX
import AviaryRuntime
import Foundation

/// Puts a proposed model into a zoo: the file, its manifest, and what it answers today.
public struct ZooAddition {
  /// What a manifest says besides what the proposal knows.
  public struct Description: Sendable {
    public var id: String
    public var name: String
    public var description: String?
    /// SPDX identifier.
    public var license: String
    /// Where the file comes from.
    public var url: String?
    public var metrics: [ModelManifest.Metrics]?

    public init(id: String, name: String, license: String) {
      self.id = id
      self.name = name
      self.license = license
    }
  }

  /// The license of a model of which nobody has said.
  public static let unknownLicense = "LicenseRef-unknown"
  private static let modelName = "model.onnx"
  private static let goldenName = "golden.json"

  private let proposal: ModelProposal
  private let description: Description
  private let options: SessionOptions
  private let steps: PreprocessingSteps

  /// - Parameter steps: the preprocessing steps that the contract may ask for.
  public init(
    _ proposal: ModelProposal, _ description: Description, options: SessionOptions = .init(),
    steps: PreprocessingSteps = .init()
  ) {
    self.proposal = proposal
    self.description = description
    self.options = options
    self.steps = steps
  }

  /// The manifest for a file of that digest.
  ///
  /// - Throws: `ZooError.classes` where the labels are not known.
  public func manifest(_ digest: FileDigest) throws(ZooError) -> ModelManifest {
    let contract = proposal.contract
    guard let labels = contract.labels else {
      throw .classes(
        model: proposal.path,
        problem:
          "the names of its \(contract.classes.map { "\($0) " } ?? "")classes are not known; pass --labels, or "
          + "--data KIND:PATH with pictures of these classes to find their order")
    }
    return ModelManifest(
      id: description.id, name: description.name, description: description.description,
      family: proposal.family?.family ?? "other", license: description.license,
      file: .init(path: Self.modelName, sha256: digest.sha256, bytes: digest.bytes, url: description.url),
      source: proposal.source, parameters: proposal.parameters, input: contract.input,
      output: .init(name: contract.outputName, kind: contract.outputKind ?? .logits, labels: labels),
      golden: Self.goldenName, metrics: description.metrics)
  }

  /// Adds it. A model whose weights lie in further files, as PyTorch's exporter writes large ones, becomes one
  /// file.
  ///
  /// - Parameter withWeights: whether the file is kept; otherwise only its address and hash.
  /// - Throws: `ZooError`; the zoo is then as it was.
  @discardableResult
  public func add(
    to zoo: ZooIndex, replacing: Bool = false, withWeights: Bool = true
  ) throws -> ModelManifest {
    // Asked before anything is copied.
    let embedded = try EmbeddedModel.read(path: proposal.path, limits: options.limits)
    guard embedded == nil || withWeights else {
      throw ZooError.file(
        path: proposal.path, problem: "has weights in further files, which an address alone does not give")
    }
    let manifest = try manifest(embedded.map(FileDigest.init) ?? FileDigest(contentsOf: proposal.path))
    try ZooEditor(zoo).add(id: description.id, replacing: replacing) { folder in
      let copy = "\(folder)/\(Self.modelName)"
      do {
        if let embedded {
          try Data(embedded).write(to: URL(fileURLWithPath: copy))
        } else {
          try FileManager.default.copyItem(atPath: proposal.path, toPath: copy)
        }
      } catch {
        throw ZooError.write(path: copy, problem: error.localizedDescription)
      }
      guard try FileDigest(contentsOf: copy).sha256 == manifest.file.sha256 else {
        throw ZooError.file(path: proposal.path, problem: "changed while it was copied")
      }
      try write(
        manifest.text(path: "\(folder)/\(ZooIndex.manifestName)"), "\(folder)/\(ZooIndex.manifestName)")
      // What was written is read again: what cannot be used does not get in.
      let classifier = try Classifier(try ModelReference(folder), options: options, steps: steps)
      let golden = try GoldenFile.recorded(with: classifier, sha256: manifest.file.sha256, model: manifest.id)
      try write(golden, "\(folder)/\(Self.goldenName)")
      _ = try GoldenFile(contentsOf: "\(folder)/\(Self.goldenName)")
      if !withWeights { try? FileManager.default.removeItem(atPath: copy) }
    }
    return manifest
  }

  private func write(_ text: String, _ path: String) throws(ZooError) {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) } catch {
      throw .write(path: path, problem: error.localizedDescription)
    }
  }
}
