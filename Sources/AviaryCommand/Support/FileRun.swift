import Aviary
import Foundation

/// One run of a model on input files, as a line of a `run` manifest asks for.
struct FileRun: Decodable {
  let id: String
  let model: String
  let inputs: [String]
  let outputDir: String

  private enum CodingKeys: String, CodingKey {
    case id, model, inputs
    case outputDir = "output_dir"
  }

  init(id: String, model: String, inputs: [String], outputDir: String) {
    self.id = id
    self.model = model
    self.inputs = inputs
    self.outputDir = outputDir
  }

  /// - Parameter line: a JSON object, or `id TAB model TAB output_dir TAB inputs…`.
  init(line: String) throws {
    if line.first == "{" {
      do {
        self = try JSONDecoder().decode(Self.self, from: Data(line.utf8))
        return
      } catch let error as DecodingError {
        throw CommandError(explain(error))
      }
    }
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count >= 3 else {
      throw CommandError("needs id, model and output folder, separated by tabs")
    }
    self.init(
      id: fields[0], model: fields[1], inputs: fields.dropFirst(3).filter { !$0.isEmpty },
      outputDir: fields[2])
  }

  /// - Throws: `ImportError`, `RunError`, `CommandError`.
  func run(_ options: SessionOptions) throws {
    let imported = try ONNXModel.read(path: model)
    let session = try Session(model: imported, options: options)
    // The passes keep inputs and outputs as they are; the file's order is what the caller counts by.
    let declared = imported.graph.inputs
    guard inputs.count <= declared.count else {
      throw CommandError("\(model): has \(declared.count) input(s), \(inputs.count) files are given")
    }
    var values: [String: Value] = [:]
    for (declaration, path) in zip(declared, inputs) {
      values[declaration.name] = try TensorFile.read(path: path, as: declaration.type)
    }
    let outputs: [String: Value]
    do { outputs = try session.run(values) } catch { throw error.at(file: model) }
    try FileManager.default.createDirectory(atPath: outputDir, withIntermediateDirectories: true)
    for (index, declaration) in imported.graph.outputs.enumerated() {
      guard let value = outputs[declaration.name] else { continue }
      try TensorFile.write(value, name: declaration.name, to: "\(outputDir)/output_\(index).pb")
    }
  }

  /// The run as a status word and a message.
  func outcome(_ options: SessionOptions) -> (status: String, message: String) {
    do {
      try run(options)
      return ("ok", "")
    } catch {
      return (ExitStatus(error) == .unsupported ? "unsupported" : "error", ExitStatus.describe(error))
    }
  }
}

extension RunError {
  /// The same error with the file, where it does not name one yet.
  func at(file: String) -> RunError {
    var error = self
    if error.place.file == nil { error.place.file = file }
    return error
  }
}
