import Foundation

extension ModelManifest {
  /// The order of keys in a manifest, as its schema lists them.
  private static let keys =
    CodingKeys.allCases.map(\.rawValue) + [
      "path", "sha256", "bytes", "url", "framework", "exporter", "opset", "recipe", "data", "layout", "width",
      "height", "channels", "steps", "parameters", "resize", "crop", "kernel", "antialias", "mode", "size", "round",
      "scale", "standardize", "mean", "std",
      "kind", "labels", "samples", "accuracy", "balancedAccuracy", "macroF1", "logLoss",
    ]

  /// The text of `model.json`.
  ///
  /// - Throws: `ZooError.manifest` where the manifest breaks its schema.
  public func text(path: String) throws(ZooError) -> String {
    let value: JSONValue
    do {
      var whole = try JSONValue(JSONEncoder().encode(self))
      if case .object(var members) = whole, case .object(var input)? = members["input"] {
        // The schema wants one number a channel.
        for key in ["mean", "std"] where input[key]?.array?.count == 1 && self.input.channels.count == 3 {
          input[key] = .array([JSONValue](repeating: input[key]?.array?.first ?? .null, count: 3))
        }
        members["input"] = .object(input)
        whole = .object(members)
      }
      value = whole
    } catch {
      throw .manifest(path: path, problem: "\(error)")
    }
    let text = value.text(keys: Self.keys)
    try ManifestSchema.check(Data(text.utf8), at: path, against: ManifestSchema.model)
    return text
  }
}
