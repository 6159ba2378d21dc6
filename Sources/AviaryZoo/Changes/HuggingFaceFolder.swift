import AviaryImage
import Foundation

/// A model folder as Hugging Face lays it out: an ONNX file, `config.json` with `id2label`, and
/// `preprocessor_config.json`.
public struct HuggingFaceFolder: Sendable {
  public enum Resizing: Sendable, Equatable {
    /// Pictures must have the size already.
    case untouched
    case resized(Preprocessing.Resize)
  }

  public let modelPath: String
  /// In the order of the outputs; `nil` where `config.json` names none but an exporter's placeholders.
  public let labels: [String]?
  /// What stands in place of names: `LABEL_0`, `LABEL_1`, ...
  public let placeholders: [String]?
  /// Scale, mean and deviation; `nil` where no `preprocessor_config.json` says anything of them.
  public let numbers: UsualContract?
  /// How pictures are brought to the input's size; `nil` where the folder does not say.
  public let resizing: Resizing?
  /// In pixels; `nil` where the folder does not say.
  public let size: PixelSize?
  public let license: String?

  /// - Throws: `ZooError.notFound` where the folder holds no or several ONNX files, `ZooError.manifest` for a
  ///   description that cannot be used.
  public init(_ folder: String) throws(ZooError) {
    modelPath = try Self.model(in: folder)
    let root = [folder, URL(fileURLWithPath: modelPath).deletingLastPathComponent().path]
    func read(_ name: String) throws(ZooError) -> (value: JSONValue, path: String)? {
      for place in root {
        let path = "\(place)/\(name)"
        guard let data = FileManager.default.contents(atPath: path) else { continue }
        do { return (try JSONValue(data), path) } catch {
          throw .manifest(path: path, problem: JSONSyntax.problem(data) ?? "is not JSON")
        }
      }
      return nil
    }
    let names = try read("config.json").flatMap { (config) throws(ZooError) in
      try Self.labels(config.value, path: config.path)
    }
    let areNames = names.map { !PlaceholderLabels.all($0) } ?? true
    (labels, placeholders) = areNames ? (names, nil) : (nil, names)
    license = root.lazy.compactMap { Self.license("\($0)/README.md") }.first
    guard let (value, path) = try read("preprocessor_config.json") else {
      (numbers, resizing, size) = (nil, nil, nil)
      return
    }
    let preprocessor = try HuggingFacePreprocessor(value, path: path)
    (numbers, resizing, size) = (preprocessor.numbers, preprocessor.resizing, preprocessor.size)
  }

  /// `license:` in the block between dashes that a README of the hub begins with.
  private static func license(_ readme: String) -> String? {
    guard let data = FileManager.default.contents(atPath: readme) else { return nil }
    let lines = String(decoding: data.prefix(1 << 16), as: UTF8.self).split(whereSeparator: \.isNewline)
    guard lines.first == "---" else { return nil }
    let line = lines.dropFirst().prefix { $0 != "---" }.first { $0.hasPrefix("license:") }
    let value = line?.dropFirst("license:".count).trimmingCharacters(in: .whitespaces) ?? ""
    // The hub writes identifiers in lower case; those of SPDX are matched without regard to case.
    return value.isEmpty || value == "other" || value == "unknown" ? nil : value
  }

  private static func model(in folder: String) throws(ZooError) -> String {
    let places = ["\(folder)/model.onnx", "\(folder)/onnx/model.onnx"]
    if let found = places.first(where: FileManager.default.fileExists) { return found }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let files = names.filter { $0.hasSuffix(".onnx") }.sorted()
    guard files.count == 1, let file = files.first else {
      throw .file(
        path: folder,
        problem: files.isEmpty
          ? "holds no .onnx file (also none in onnx/); export the model first"
          : "holds several .onnx files (\(files.joined(separator: ", "))); name one of them")
    }
    return "\(folder)/\(file)"
  }

  /// `id2label`, whose keys are the numbers of the outputs.
  private static func labels(_ config: JSONValue, path: String) throws(ZooError) -> [String]? {
    guard let members = config["id2label"]?.object, !members.isEmpty else { return nil }
    var labels: [String] = []
    for index in 0..<members.count {
      guard let label = members["\(index)"]?.string else {
        throw .manifest(path: path, problem: "id2label has no name for output \(index) of \(members.count)")
      }
      labels.append(label)
    }
    return labels
  }
}
