import AviaryImage

/// What follows the colon of a detector's name: `[FILE][,KEY=VALUE...]`.
struct DetectorArgument {
  let detector: String
  /// A file, a folder or a name; `nil` where none is given.
  let file: String?
  private var values: [String: String] = [:]
  private var asked: [String] = []

  /// - Throws: `DetectionError` for two files or a key that is given twice.
  init(_ text: String?, detector: String) throws(DetectionError) {
    self.detector = detector
    var file: String?
    for part in (text ?? "").split(separator: ",") {
      guard let sign = part.firstIndex(of: "=") else {
        guard file == nil else {
          throw DetectionError(
            detector: detector, problem: "'\(part)' is a second file; options are KEY=VALUE")
        }
        file = String(part)
        continue
      }
      let key = String(part[..<sign])
      guard values.updateValue(String(part[part.index(after: sign)...]), forKey: key) == nil else {
        throw DetectionError(detector: detector, problem: "option '\(key)' is given twice")
      }
    }
    self.file = file
  }

  /// - Throws: `DetectionError` for what is no number or not within `range`.
  mutating func number(
    _ key: String, _ normal: Double, in range: ClosedRange<Double>
  ) throws(DetectionError) -> Double {
    asked.append(key)
    guard let text = values[key] else { return normal }
    guard let value = Double(text), range.contains(value) else {
      throw DetectionError(
        detector: detector,
        problem: "\(key)=\(text): must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  mutating func integer(
    _ key: String, _ normal: Int, in range: ClosedRange<Int>
  ) throws(DetectionError) -> Int {
    asked.append(key)
    guard let text = values[key] else { return normal }
    guard let value = Int(text), range.contains(value) else {
      throw DetectionError(
        detector: detector,
        problem: "\(key)=\(text): must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The side of the picture that is searched: pictures whose longer side is longer are scaled down to it; 0
  /// searches them as they stand.
  mutating func side(_ normal: Int) throws(DetectionError) -> Int {
    try integer("side", normal, in: 0...100_000)
  }

  /// - Throws: `DetectionError` for options that nobody asked for.
  func finish() throws(DetectionError) {
    let unknown = values.keys.filter { !asked.contains($0) }.sorted()
    if let key = unknown.first {
      throw DetectionError(
        detector: detector, problem: "has no option '\(key)'; there are \(asked.joined(separator: ", "))")
    }
  }
}
