extension Preprocessing: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case name, layout, width, height, channels, steps, resize, crop, scale, standardize, mean, std
  }

  /// - Throws: `PreprocessingError` for unknown keys and impossible values, `DecodingError` for missing keys
  ///   and wrong types.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Key.self, at: nil)
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      name: container.decodeIfPresent(String.self, forKey: .name),
      layout: container.decode(Layout.self, forKey: .layout),
      width: container.decode(Int.self, forKey: .width),
      height: container.decode(Int.self, forKey: .height),
      channels: container.decode(Channels.self, forKey: .channels),
      steps: container.decodeIfPresent([Step].self, forKey: .steps) ?? [],
      resize: container.decodeIfPresent(Resize.self, forKey: .resize),
      crop: container.decodeIfPresent(Crop.self, forKey: .crop),
      scale: container.decode(Double.self, forKey: .scale),
      standardize: container.decodeIfPresent(Standardization.self, forKey: .standardize),
      mean: container.decode([Double].self, forKey: .mean),
      std: container.decode([Double].self, forKey: .std))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encode(layout, forKey: .layout)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
    try container.encode(channels, forKey: .channels)
    if !steps.isEmpty { try container.encode(steps, forKey: .steps) }
    try container.encode(resize, forKey: .resize)
    try container.encode(crop, forKey: .crop)
    try container.encode(scale, forKey: .scale)
    try container.encodeIfPresent(standardize, forKey: .standardize)
    try container.encode(mean, forKey: .mean)
    try container.encode(std, forKey: .std)
  }
}

extension Preprocessing.Resize: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case kernel, antialias, mode, size, round
  }

  /// `mode` is `stretch` and `round` true where they are absent.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Key.self, at: "resize")
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      kernel: container.decode(ResampleKernel.self, forKey: .kernel),
      antialias: container.decode(Bool.self, forKey: .antialias),
      mode: container.decodeIfPresent(Mode.self, forKey: .mode) ?? .stretch,
      size: container.decodeIfPresent(Int.self, forKey: .size),
      round: container.decodeIfPresent(Bool.self, forKey: .round) ?? true)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(kernel, forKey: .kernel)
    try container.encode(antialias, forKey: .antialias)
    try container.encode(mode, forKey: .mode)
    try container.encodeIfPresent(size, forKey: .size)
    try container.encode(round, forKey: .round)
  }
}

extension Preprocessing.Crop: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case width, height
  }

  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Key.self, at: "crop")
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      width: container.decode(Int.self, forKey: .width), height: container.decode(Int.self, forKey: .height))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(width, forKey: .width)
    try container.encode(height, forKey: .height)
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// A misspelt key would silently leave a step out and cost accuracy.
func refuseUnknownKeys<Key: CodingKey & CaseIterable>(
  _ decoder: any Decoder, _: Key.Type, at place: String?
) throws {
  let known = Key.allCases.map(\.stringValue)
  let found = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
  guard let unknown = found.filter({ !known.contains($0) }).min() else { return }
  throw PreprocessingError(
    field: place.map { "\($0).\(unknown)" } ?? unknown,
    problem: "unknown key; known are \(known.joined(separator: ", "))")
}
