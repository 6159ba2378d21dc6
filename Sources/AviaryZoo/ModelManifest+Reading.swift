import AviaryImage
import Foundation

extension ModelManifest {
  /// The one version of the schema there is.
  static let schemaVersion = 1
  static let tasks = ["classification", "sequence-classification"]
  /// Manifests are a few kilobytes; anything beyond this is not one.
  static let maximumBytes = 4 << 20

  /// Reads and checks a manifest.
  ///
  /// - Throws: `ZooError.manifest` naming the file, and the key where one is wrong.
  public init(contentsOf path: String) throws(ZooError) {
    let data = try ManifestFile.data(path)
    if let value = try? JSONValue(data), value["task"]?.string == DetectorManifest.task {
      let name = value["detector"]?.string ?? ""
      throw .manifest(
        path: path, problem: "describes a face detector, no classifier; it is used as --detector \(name)")
    }
    do {
      try Self.refuseUnknownKeys(in: data)
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let problem as Problem {
      throw .manifest(path: path, problem: problem.text)
    } catch let error as PreprocessingError {
      throw .manifest(path: path, problem: error.description)
    } catch let error as DecodingError {
      throw .manifest(path: path, problem: Self.schemaProblem(error, data) ?? explain(error))
    } catch {
      throw .manifest(path: path, problem: "\(error)")
    }
    if let problem = problem { throw .manifest(path: path, problem: problem) }
    // Last, because its words are about JSON, and those above about models.
    try ManifestSchema.check(data, at: path, against: ManifestSchema.model)
  }

  private struct Problem: Error { let text: String }

  /// A misspelt key would silently leave something out.
  private static func refuseUnknownKeys(in data: Data) throws {
    if let problem = JSONSyntax.problem(data) { throw Problem(text: problem) }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw Problem(text: "is JSON, but no object: a manifest begins with '{'")
    }
    let known: [String?: Set<String>] = [
      nil: Set(CodingKeys.allCases.map(\.rawValue)),
      "file": ["path", "sha256", "bytes", "url"],
      "source": ["framework", "exporter", "opset", "recipe", "data"],
      "output": ["name", "kind", "labels"],
    ]
    for (part, keys) in known {
      let values = part.map { object[$0] as? [String: Any] ?? [:] } ?? object
      if let unknown = values.keys.filter({ !keys.contains($0) }).min() {
        throw Problem(text: "unknown key '\(part.map { "\($0)." } ?? "")\(unknown)'")
      }
    }
  }

  /// What the schema says of the value that could not be decoded: it knows the values that are allowed.
  private static func schemaProblem(_ error: DecodingError, _ data: Data) -> String? {
    guard let violations = try? ManifestSchema.model().violations(of: JSONValue(data)) else { return nil }
    let place = error.place
    // Of a number that does not fit, 8.5 for an integer, the decoder does not say where it stands.
    let found = violations.filter { place.isEmpty || $0.place == place }.map(\.description)
    return found.isEmpty ? nil : found.joined(separator: "; ")
  }

  /// What breaks the schema although it decodes.
  private var problem: String? {
    if schema != Self.schemaVersion { return "schema is \(schema); this version reads \(Self.schemaVersion)" }
    let idCharacters = "abcdefghijklmnopqrstuvwxyz0123456789._-"
    if id.isEmpty || id.count > 64 || !id.allSatisfy(idCharacters.contains) || "._-".contains(id.first ?? ".")
    {
      return "id '\(id)' is not a name of lower-case letters, digits, '.', '_' and '-'"
    }
    guard Self.tasks.contains(task) else {
      let known = (Self.tasks + [DetectorManifest.task]).joined(separator: ", ")
      return "task '\(task)' is unknown; known are \(known)"
    }
    guard (task == "sequence-classification") == (input.layout == .ntchw) else {
      return "task '\(task)' does not go with the layout \(input.layout.rawValue)"
    }
    if file.path.hasPrefix("/") || file.path.split(separator: "/").contains("..") || file.path.isEmpty {
      return "file.path '\(file.path)' must lie in the manifest's folder"
    }
    if file.sha256.count != 64 || !file.sha256.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) {
      return "file.sha256 is not 64 lower-case hexadecimal digits"
    }
    if file.bytes < 1 { return "file.bytes is \(file.bytes)" }
    for (key, name) in [("golden", golden), ("baseline", baseline), ("source.recipe", source.recipe)] {
      if let name, name.hasPrefix("/") || name.split(separator: "/").contains("..") {
        return "\(key) '\(name)' must lie in the manifest's folder"
      }
    }
    if output.labels.count < 2 { return "output.labels has fewer than 2 labels" }
    if let twice = output.labels.firstDuplicate { return "output.labels names '\(twice)' twice" }
    return nil
  }
}

extension [String] {
  /// The first element that occurred before, if any.
  package var firstDuplicate: String? {
    var seen: Set<String> = []
    return first { !seen.insert($0).inserted }
  }
}

extension DecodingError {
  /// The key that it is about, as schemas write it: `input.mean[0]`.
  fileprivate var place: String {
    let keys: [any CodingKey] =
      switch self {
      case .keyNotFound(let key, let context): context.codingPath + [key]
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        context.codingPath
      @unknown default: []
      }
    return keys.reduce(into: "") { place, key in
      if let index = key.intValue {
        place += "[\(index)]"
      } else {
        place += (place.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }
}

/// A decoding error in one sentence that names the key.
package func explain(_ error: DecodingError) -> String {
  func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
    let keys = context.codingPath + (key.map { [$0] } ?? [])
    return keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }
  switch error {
  case .keyNotFound(let key, let context): return "'\(path(context, key))' is missing"
  case .typeMismatch(let type, let context): return "'\(path(context))' is not of type \(type)"
  case .valueNotFound(_, let context): return "'\(path(context))' is null"
  case .dataCorrupted(let context):
    return context.codingPath.isEmpty
      ? "is not valid JSON" : "'\(path(context))': \(context.debugDescription)"
  @unknown default: return "\(error)"
  }
}
