import AviaryImage
import AviaryMetrics
import AviaryRuntime
import Foundation

/// Checks models of the zoo: the bytes, the manifest against the graph, the golden outputs, the label order. What
/// cannot be checked is said, not left out.
public struct ZooVerifier: Sendable {
  /// One thing that was looked at.
  public struct Check: Sendable, Encodable, Equatable {
    public enum Outcome: String, Sendable, Codable {
      case passed, failed
      /// Something that the check needs is not there.
      case unchecked
    }

    public let name: String
    public let outcome: Outcome
    public let message: String
    /// Whether nothing wrong was found.
    public var passed: Bool { outcome != .failed }

    init(name: String, outcome: Outcome, message: String) {
      self.name = name
      self.outcome = outcome
      self.message = message
    }

    init(name: String, passed: Bool, message: String) {
      self.init(name: name, outcome: passed ? .passed : .failed, message: message)
    }
  }

  public struct Report: Sendable, Encodable, Equatable {
    public let id: String
    public let checks: [Check]
    public var passed: Bool { checks.allSatisfy(\.passed) }

    init(id: String, checks: [Check]) {
      self.id = id
      self.checks = checks
    }

    private enum CodingKeys: String, CodingKey { case id, checks, passed }
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(id, forKey: .id)
      try container.encode(passed, forKey: .passed)
      try container.encode(checks, forKey: .checks)
    }
  }

  public let zoo: ZooIndex
  public let options: SessionOptions
  /// The preprocessing steps that contracts may ask for.
  public let steps: PreprocessingSteps
  /// The families that graphs are compared with; with none, what manifests say of families is not checked.
  public let families: FamilyCatalog

  public init(
    _ zoo: ZooIndex, options: SessionOptions = .init(), steps: PreprocessingSteps = .init(),
    families: FamilyCatalog = .init([])
  ) {
    self.zoo = zoo
    self.options = options
    self.steps = steps
    self.families = families
  }

  /// Every check that can be made; a failed one ends those that build on it.
  ///
  /// - Parameter needsFile: whether a file that can be pulled and is not there is a failure.
  public func verify(_ entry: ZooIndex.Entry, needsFile: Bool = true) -> Report {
    var checks: [Check] = []
    do {
      let manifest = try entry.manifest.get()
      checks.append(Check(name: "manifest", passed: true, message: "\(manifest.output.labels.count) labels"))
      if !needsFile, manifest.file.url != nil, !entry.hasFile {
        checks.append(Self.absent("'aviary zoo pull \(entry.id)' gets it"))
        return Report(id: entry.id, checks: checks)
      }
      checks.append(file(entry, manifest))
      // That the bytes differ is said already; what they do is worth knowing all the same.
      let reference = try ModelReference(entry.folder).acceptingAnyFile
      let classifier = try Classifier(reference, options: options, steps: steps)
      checks.append(try graph(classifier, manifest))
      if let golden = manifest.golden {
        let file = try GoldenFile(contentsOf: "\(entry.folder)/\(golden)")
        checks.append(try self.golden(file, manifest, classifier))
      } else {
        checks.append(
          Check(
            name: "golden", outcome: .unchecked,
            message: "the manifest names no golden file: what the model computes was not compared"))
      }
      checks.append(try labels(manifest.output.labels, classifier))
    } catch {
      let done = Set(checks.map(\.name))
      let name = ["manifest", "graph", "golden"].first { !done.contains($0) } ?? "labels"
      checks.append(Check(name: name, passed: false, message: "\(error)"))
    }
    return Report(id: entry.id, checks: checks)
  }

  static func absent(_ remedy: String) -> Check {
    Check(name: "file", outcome: .unchecked, message: "is not there, so nothing else was checked; \(remedy)")
  }

  private func file(_ entry: ZooIndex.Entry, _ manifest: ModelManifest) -> Check {
    let path = "\(entry.folder)/\(manifest.file.path)"
    do {
      let digest = try FileDigest(contentsOf: path)
      if digest.bytes != manifest.file.bytes {
        let text = "\(path) has \(digest.bytes) bytes, the manifest says \(manifest.file.bytes)"
        return Check(name: "file", passed: false, message: text)
      }
      let matches = digest.sha256 == manifest.file.sha256
      return Check(
        name: "file", passed: matches,
        message: matches
          ? "\(digest.bytes) bytes, sha256 \(digest.sha256)"
          : "\(path) has sha256 \(digest.sha256), the manifest says \(manifest.file.sha256)")
    } catch {
      return Check(name: "file", passed: false, message: "\(error)")
    }
  }

  /// Loading has compared names, rank, size, channels and number of classes already.
  private func graph(_ classifier: Classifier, _ manifest: ModelManifest) throws -> Check {
    let claims = try GraphClaims(manifest, classifier, families: families)
    guard claims.problems.isEmpty else {
      return Check(name: "graph", passed: false, message: claims.problems.joined(separator: "; "))
    }
    let contract = classifier.contract
    let shape = contract.input.shape(batch: 1).dropFirst().map(String.init).joined(separator: "x")
    return Check(
      name: "graph", passed: true,
      message: "input '\(contract.inputName)' \(contract.input.layout.rawValue) \(shape), "
        + "output '\(contract.outputName)' of \(contract.labels?.count ?? 0) classes"
        + claims.notes.map { "; \($0)" }.joined())
  }

  private func golden(
    _ golden: GoldenFile, _ manifest: ModelManifest, _ classifier: Classifier
  ) throws -> Check {
    guard golden.sha256 == manifest.file.sha256 else {
      let text = "the golden values were made with another file (sha256 \(golden.sha256))"
      return Check(name: "golden", passed: false, message: text)
    }
    if let problem = golden.toleranceProblem {
      return Check(name: "golden", passed: false, message: problem)
    }
    let input = classifier.contract.input
    let rows = try golden.cases.map { item -> [Float] in
      if let generator = item.generator {
        let values = try generator.values(count: input.count, model: classifier.id)
        return try classifier.rawScores(prepared: [values]).first ?? []
      }
      let path = "\(zoo.path)/\(item.image ?? "")"
      return try classifier.rawScores([try Image(contentsOf: path)]).first ?? []
    }
    return difference(rows, golden)
  }

  private func difference(_ rows: [[Float]], _ golden: GoldenFile) -> Check {
    var worst: (difference: Float, number: Int) = (0, 0)
    for (number, (row, item)) in zip(rows, golden.cases).enumerated() {
      guard row.count == item.values.count else {
        let text = "case \(number) has \(item.values.count) values, the model gives \(row.count)"
        return Check(name: "golden", passed: false, message: text)
      }
      for (value, expected) in zip(row, item.values) {
        let difference = abs(value - expected)
        // NaN compares false with everything; it must not pass for equal.
        guard !difference.isNaN else {
          return Check(name: "golden", passed: false, message: "case \(number): the model gives NaN")
        }
        if difference > worst.difference { worst = (difference, number) }
      }
    }
    let passed = worst.difference <= golden.tolerance
    let text =
      "\(golden.cases.count) cases, largest difference \(worst.difference)"
      + (passed ? "" : " in case \(worst.number), above \(golden.tolerance)")
    return Check(name: "golden", passed: passed, message: text)
  }

  /// A permuted label list computes without any error; labelled pictures give it away.
  private func labels(_ labels: [String], _ classifier: Classifier) throws -> Check {
    if PlaceholderLabels.all(labels) {
      return Check(
        name: "labels", passed: false,
        message: "\(labels[0]), \(labels[1]), ... are an exporter's placeholders; output.labels must name the "
          + "classes in the order of the outputs")
    }
    let folders = SampleFolders(zoo)
    let samples = folders.pictures(of: labels)
    guard !samples.isEmpty else {
      return Check(
        name: "labels", outcome: .unchecked,
        message: "no set of pictures in \(folders.path) has a folder for each of the \(labels.count) labels: their "
          + "order was not checked; 'aviary evaluate' on labelled pictures shows it")
    }
    let rows = try classifier.rawScores(samples.map { try Image(contentsOf: $0.path) })
    let predicted = rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    let confusion = try ConfusionMatrix(
      truth: samples.map(\.label), predicted: predicted, classes: labels.count)
    guard let check = LabelOrderCheck(confusion, names: labels) else {
      return Check(
        name: "labels", outcome: .unchecked,
        message: "\(labels.count) classes are too many to try their orders; at most "
          + "\(LabelOrderCheck.maximumClasses) are")
    }
    return Check(
      name: "labels", passed: !check.isSuspicious,
      message: check.warning ?? "\(confusion.correct) of \(confusion.total) shipped samples are recognised")
  }
}

/// The pictures that a zoo ships: `samples/<set>/<label>/<picture>`.
struct SampleFolders {
  /// Enough to tell one order of labels from another.
  private static let perClass = 40
  let path: String

  init(_ zoo: ZooIndex) { path = "\(zoo.path)/samples" }

  /// Pictures with their index into `labels`, of those sets that have a folder for each label.
  func pictures(of labels: [String]) -> [(path: String, label: Int)] {
    var found: [(path: String, label: Int)] = []
    for set in names(path) where Set(labels).isSubset(of: names("\(path)/\(set)")) {
      for (index, label) in labels.enumerated() {
        let folder = "\(path)/\(set)/\(label)"
        let pictures = names(folder).filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") }
        found += pictures.prefix(Self.perClass).map { ("\(folder)/\($0)", index) }
      }
    }
    return found
  }

  private func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
