import Aviary
import Foundation

/// Prepares what `aviary trace` compares.
struct TraceRunner {
  let command: TraceCommand
  let plugins: PluginRegistry

  func run() throws -> TraceReport {
    if command.compare == "golden" { return try golden() }
    let reference = try ModelReference(command.model, manifestPath: command.contract.manifest)
    let session = try Session(path: reference.modelPath, options: try command.session.options)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: command.compare, isDirectory: &isFolder), isFolder.boolValue,
      !FileManager.default.fileExists(atPath: "\(command.compare)/\(ZooIndex.manifestName)")
    {
      return try folder(command.compare, session, reference)
    }
    let other = try ModelReference(command.compare)
    let second = try Session(path: other.modelPath, options: try command.session.options)
    let values = try given(session) ?? random(session)
    var trace = trace(session, values)
    let otherValues =
      try command.picture.map { try picture($0, of: command.compare, second) }
      ?? Self.renamed(values, session, second, other.modelPath)
    trace.all = command.all
    do { return try trace.compare(with: second, inputs: otherValues) } catch let error as RunError {
      throw error.at(file: reference.modelPath)
    }
  }

  private func trace(_ session: Session, _ values: [String: Value]) -> ModelTrace {
    var trace = ModelTrace(session, inputs: values)
    trace.tolerance = command.tolerance
    trace.all = command.all
    return trace
  }

  // MARK: Inputs

  /// What the user gives; `nil` where that is nothing.
  private func given(_ session: Session) throws -> [String: Value]? {
    if let path = command.picture { return try picture(path, of: command.model, session) }
    guard !command.inputs.isEmpty else { return nil }
    let declared = session.importedGraph.inputs
    guard command.inputs.count == declared.count else {
      throw UsageError(
        "\(command.model): has \(declared.count) input(s), --inputs names \(command.inputs.count)")
    }
    var values: [String: Value] = [:]
    for (declaration, path) in zip(declared, command.inputs) {
      values[declaration.name] = try TensorFile.read(path: path, as: declaration.type)
    }
    return values
  }

  private func picture(_ path: String, of model: String, _ session: Session) throws -> [String: Value] {
    let classifier = try loadClassifier(
      model, contract: command.contract, options: try command.session.options, plugins: plugins)
    let image = try Image(contentsOf: path)
    let prepared: [Float]
    do { prepared = try classifier.contract.input(image) } catch {
      throw ImageError(path: path, reason: error)
    }
    let size = classifier.contract.batch ?? 1
    return try classifier.inputs(prepared: [prepared], size: size).mapValues { .tensor($0) }
  }

  private func random(_ session: Session) throws -> [String: Value] {
    do {
      return try RandomInputs(batch: 1, shapes: command.shape.byName).values(
        for: session.importedGraph.inputs)
    } catch { throw error.at(file: command.model) }
  }

  /// The same values under the names of another model: by name, else by position.
  private static func renamed(
    _ values: [String: Value], _ session: Session, _ other: Session, _ path: String
  ) throws -> [String: Value] {
    let (a, b) = (session.importedGraph.inputs, other.importedGraph.inputs)
    guard a.count == b.count else {
      throw CommandError("\(path): takes \(b.count) input(s), the first model \(a.count)")
    }
    var renamed: [String: Value] = [:]
    for (index, declaration) in b.enumerated() {
      renamed[declaration.name] = values[declaration.name] ?? values[a[index].name]
    }
    return renamed
  }

  // MARK: Recorded values

  private func folder(_ path: String, _ session: Session, _ reference: ModelReference) throws -> TraceReport {
    let graph = session.importedGraph
    let recorded = try RecordedValues(path: path, outputs: graph.outputs.map(\.name))
    var notes: [String] = []
    if let sha256 = recorded.sha256, sha256 != (try FileDigest(contentsOf: reference.modelPath)).sha256 {
      notes.append(
        "the values are of another file (sha256 \(sha256.prefix(12))); 'aviary diff' compares models")
    }
    var values = try recorded.inputs(for: graph.inputs)
    if let given = try given(session) {
      notes.append("the input is not the recorded one")
      values = given
    }
    let trace = trace(session, values)
    let name = path + (recorded.madeWith.map { " (\($0))" } ?? "")
    do { return try trace.compare(withRecorded: name, notes: notes) { try recorded.value($0) } } catch let
      error as RunError
    {
      throw error.at(file: reference.modelPath)
    }
  }

  /// Every case of the golden file, the one with fingerprints first; the first that differs counts.
  private func golden() throws -> TraceReport {
    guard command.inputs.isEmpty, command.picture == nil else {
      throw UsageError("--compare golden brings its own inputs; leave out --inputs and --picture")
    }
    let classifier = try loadClassifier(
      command.model, contract: command.contract, options: try command.session.options, plugins: plugins)
    let reference = classifier.reference
    guard let manifestPath = reference.manifestPath, let name = reference.manifest?.golden else {
      throw UsageError("\(command.model): its manifest names no golden file")
    }
    let folder = URL(fileURLWithPath: manifestPath).deletingLastPathComponent().path
    let path = "\(folder)/\(name)"
    let golden = try GoldenFile(contentsOf: path)
    var notes: [String] = []
    if golden.sha256 != (try FileDigest(contentsOf: reference.modelPath)).sha256 {
      notes.append("the golden values are of another file (sha256 \(golden.sha256.prefix(12)))")
    }
    if golden.trace == nil {
      notes.append(
        "\(path) has outputs only, so inner nodes cannot be compared; Zoo/tools/dump_values.py --golden adds them"
      )
    }
    let fingerprints = Dictionary(
      (golden.trace?.values ?? []).map { ($0.name, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
    let zoo = URL(fileURLWithPath: folder).deletingLastPathComponent().path
    let order = golden.cases.indices.sorted {
      ($0 != golden.trace?.case ? 1 : 0, $0) < ($1 != golden.trace?.case ? 1 : 0, $1)
    }
    var shown: TraceReport?
    for number in order {
      let values = try inputs(golden.cases[number], classifier, zoo)
      let expected = golden.cases[number].values
      let report = try trace(classifier.session, values).compare(
        withRecorded: "\(path) (case \(number), \(golden.madeWith))", notes: notes
      ) { value in
        if value == classifier.contract.outputName {
          return .tensor(try Tensor(expected, shape: Shape([1, expected.count])))
        }
        return number == golden.trace?.case ? fingerprints[value].map { .fingerprint($0) } : nil
      }
      if !report.agrees { return report }
      shown = shown ?? report
    }
    guard let shown else { throw CommandError("\(path): has no cases") }
    return shown
  }

  private func inputs(_ item: GoldenFile.Case, _ classifier: Classifier, _ zoo: String) throws -> [String:
    Value]
  {
    let prepared: [Float]
    if let generator = item.generator {
      prepared = try generator.values(count: classifier.contract.input.count, model: classifier.id)
    } else {
      let path = "\(zoo)/\(item.image ?? "")"
      let image = try Image(contentsOf: path)
      do { prepared = try classifier.contract.input(image) } catch {
        throw ImageError(path: path, reason: error)
      }
    }
    return try classifier.inputs(prepared: [prepared], size: classifier.contract.batch ?? 1)
      .mapValues { .tensor($0) }
  }
}
