import AviaryCore
import AviaryONNX
import Foundation

/// A folder of values that another runtime dumped: `index.json` names them (`Zoo/tools/dump_values.py` writes
/// such folders), or, without one, `input_N.pb` and `output_N.pb` as in ONNX test data.
public struct RecordedValues: Sendable {
  private struct Index: Decodable {
    struct Entry: Decodable {
      let name: String
      let file: String
    }
    let format: Int
    let sha256: String?
    let madeWith: String?
    let inputs: [Entry]
    let values: [Entry]
  }

  public let path: String
  /// Of the model whose values these are.
  public let sha256: String?
  /// Who made them.
  public let madeWith: String?
  private let inputFiles: [(name: String?, file: String)]
  private let files: [String: String]

  /// - Parameter outputs: names of the model's outputs, for folders without an index.
  /// - Throws: `ImportError` naming the file.
  public init(path: String, outputs: [String]) throws(ImportError) {
    self.path = path
    let file = "\(path)/index.json"
    guard let data = FileManager.default.contents(atPath: file) else {
      func list(_ kind: String) -> [String] {
        (0..<1_000).map { "\(path)/\(kind)_\($0).pb" }.prefix { FileManager.default.fileExists(atPath: $0) }
          .map { $0 }
      }
      inputFiles = list("input").map { (nil, $0) }
      files = Dictionary(zip(outputs, list("output")), uniquingKeysWith: { first, _ in first })
      (sha256, madeWith) = (nil, nil)
      guard !files.isEmpty else {
        throw ImportError(
          .io, "has neither index.json (Zoo/tools/dump_values.py) nor output_0.pb", file: path)
      }
      return
    }
    do {
      let index = try JSONDecoder().decode(Index.self, from: data)
      guard index.format == 1 else { throw ImportError(.malformed, "is of format \(index.format), not 1") }
      for entry in index.inputs + index.values where !Self.isInside(entry.file) {
        throw ImportError(.malformed, "'\(entry.file)' does not lie in the folder")
      }
      inputFiles = index.inputs.map { ($0.name, "\(path)/\($0.file)") }
      files = Dictionary(
        index.values.map { ($0.name, "\(path)/\($0.file)") }, uniquingKeysWith: { first, _ in first })
      (sha256, madeWith) = (index.sha256, index.madeWith)
    } catch let error as ImportError {
      throw error.at(file: file)
    } catch {
      throw ImportError(.malformed, "is no index of values: \(error)", file: file)
    }
  }

  private static func isInside(_ file: String) -> Bool {
    !file.isEmpty && !file.hasPrefix("/") && !file.split(separator: "/").contains("..")
  }

  /// What the model was fed with.
  ///
  /// - Throws: `ImportError` naming a file that cannot be read.
  public func inputs(for declarations: [Graph.Declaration]) throws(ImportError) -> [String: Value] {
    var values: [String: Value] = [:]
    for (index, input) in inputFiles.enumerated() {
      guard let name = input.name ?? (declarations.indices.contains(index) ? declarations[index].name : nil)
      else {
        continue
      }
      let type = declarations.first { $0.name == name }?.type ?? .unknown
      values[name] = try TensorFile.read(path: input.file, as: type)
    }
    return values
  }

  /// The value of that name, read now.
  ///
  /// - Throws: `ImportError` naming a file that cannot be read.
  public func value(_ name: String) throws(ImportError) -> ModelTrace.Recorded? {
    guard let file = files[name] else { return nil }
    return try TensorFile.read(path: file).tensor.map { .tensor($0) }
  }
}
