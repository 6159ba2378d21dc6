import Foundation

/// What a face detector of the zoo is made of: `Zoo/<id>/model.json` with the task `face-detection`
/// (Schemas/model.schema.json). How pictures are fed and boxes are read is the detector's own knowledge.
public struct DetectorManifest: Sendable, Codable, Equatable {
  public struct Source: Sendable, Codable, Equatable {
    public var framework: String
    public var exporter: String
    public var opset: Int?
    /// Makes the files that no address serves; to be given in the zoo's folder.
    public var command: String?
  }

  public var schema: Int
  /// The name of the manifest's folder.
  public var id: String
  public var name: String
  public var description: String?
  public var task: String
  /// What `--detector` calls the detector that runs these files.
  public var detector: String
  /// SPDX identifier.
  public var license: String
  /// By role: `model` where there is one, `pnet`, `rnet`, `onet` of a cascade.
  public var files: [String: ModelManifest.File]
  public var source: Source

  static let task = "face-detection"

  /// Reads and checks a manifest.
  ///
  /// - Throws: `ZooError.manifest` naming the file, and the key where one is wrong.
  public init(contentsOf path: String) throws(ZooError) {
    let data = try ManifestFile.data(path)
    try ManifestSchema.check(data, at: path, against: ManifestSchema.model)
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw .manifest(path: path, problem: explain(error))
    } catch {
      throw .manifest(path: path, problem: "\(error)")
    }
    guard task == Self.task else {
      throw .manifest(path: path, problem: "describes a model for \(task), not a face detector")
    }
    guard !files.isEmpty else { throw .manifest(path: path, problem: "files names none") }
    if let twice = files.values.map(\.path).firstDuplicate {
      throw .manifest(path: path, problem: "files has '\(twice)' in two roles")
    }
  }
}

/// What every kind of manifest goes through before it is decoded.
enum ManifestFile {
  /// The bytes of a manifest of a size that one can have.
  ///
  /// - Throws: `ZooError.manifest`.
  static func data(_ path: String) throws(ZooError) -> Data {
    let data = try bounded(path)
    if let value = try? JSONValue(data), let place = control(in: value) {
      throw .manifest(path: path, problem: "\(place) has control characters")
    }
    return data
  }

  private static func bounded(_ path: String) throws(ZooError) -> Data {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard (attributes[.size] as? Int ?? 0) <= ModelManifest.maximumBytes else {
        throw ZooError.manifest(
          path: path, problem: "is larger than \(ModelManifest.maximumBytes) bytes: not a manifest")
      }
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch let error as ZooError {
      throw error
    } catch {
      throw .manifest(path: path, problem: "cannot be read: \(error.localizedDescription)")
    }
  }

  /// What a manifest says that it is for, whatever else is wrong with it; `nil` where it cannot be read.
  static func task(_ path: String) -> String? {
    (try? bounded(path)).flatMap { try? JSONValue($0) }?["task"]?.string
  }

  /// The place of a text with characters that would steer a terminal or break a table. Only a description may
  /// have lines.
  private static func control(in value: JSONValue, at place: String = "") -> String? {
    switch value {
    case .string(let text):
      let allowed: Set<Unicode.Scalar> = place == "description" ? ["\n", "\t"] : []
      return text.unicodeScalars.contains { $0.isControl && !allowed.contains($0) } ? place : nil
    case .array(let values):
      return values.enumerated().lazy.compactMap { control(in: $1, at: "\(place)[\($0)]") }.first
    case .object(let members):
      return members.sorted { $0.key < $1.key }.lazy.compactMap { key, value in
        if key.unicodeScalars.contains(where: \.isControl) { return "a key" + (place.isEmpty ? "" : " of \(place)") }
        return control(in: value, at: place.isEmpty ? key : "\(place).\(key)")
      }.first
    default: return nil
    }
  }
}
