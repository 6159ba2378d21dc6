import Aviary

/// What a film's frames showed, face by face.
struct FilmTimeline {
  /// One model's answer about one face of one frame.
  struct Row: Encodable {
    let frame: Int
    let seconds: Double
    /// The same number for the same face.
    let track: Int?
    let face: DetectedFace?
    let model: String?
    let label: String?
    /// The likeliest class of the evened out probabilities.
    let smoothedLabel: String?
    let scores: [Float]
    let smoothed: [Float]
  }

  private(set) var rows: [Row] = []
  /// Damaged ones among them.
  private(set) var frames = 0
  private(set) var skipped = 0
  private(set) var tracks: [Int] = []
  private let models: [String]
  private var labels: [[String]]
  private var tracker = FaceTracker()
  private var smoother: ScoreSmoother

  init(labels: [[String]?], models: [String], flags: FilmFlags) {
    self.labels = labels.map { $0 ?? [] }
    self.models = models
    tracker.minimumOverlap = flags.minOverlap
    tracker.patience = flags.patience
    smoother = ScoreSmoother(timeConstant: flags.smoothing)
  }

  /// The classes of a model.
  func names(of model: Int) -> [String] { labels[model] }

  mutating func skip() {
    frames += 1
    skipped += 1
  }

  mutating func add(_ analysis: FaceAnalysis, _ frame: VideoFrame) {
    frames += 1
    let numbers = tracker.update(analysis.faces.map(\.box), at: frame.seconds)
    if numbers.isEmpty {
      rows.append(
        Row(
          frame: frame.index, seconds: frame.seconds, track: nil, face: nil, model: nil, label: nil,
          smoothedLabel: nil, scores: [], smoothed: []))
    }
    for (number, face) in zip(numbers, analysis.faces) {
      if !tracks.contains(number) { tracks.append(number) }
      for (index, answer) in face.answers.enumerated() {
        if labels[index].isEmpty { labels[index] = answer.scores.map(\.label) }
        let scores = answer.scores.map(\.probability)
        let smoothed = smoother.update(track: number, model: answer.model, scores: scores, at: frame.seconds)
        let best = smoothed.indices.max { smoothed[$0] < smoothed[$1] }
        rows.append(
          Row(
            frame: frame.index, seconds: frame.seconds, track: number, face: face.box, model: answer.model,
            label: answer.label, smoothedLabel: best.map { answer.scores[$0].label }, scores: scores,
            smoothed: smoothed))
      }
    }
  }

  /// The evened out scores of each face.
  func panels(_ model: String) -> [TimelineChart.Panel] {
    tracks.map { track in
      let own = rows.filter { $0.track == track && $0.model == model }
      return TimelineChart.Panel(name: "face \(track)", points: own.map { ($0.seconds, $0.smoothed) })
    }
  }

  /// A line for each face, frame and model; a frame without a face has a line too.
  var csv: String {
    // Models may have different classes: columns are the union, in the order of the models.
    var names: [String] = []
    for name in labels.joined() where !names.contains(name) { names.append(name) }
    var lines = [
      ["frame", "seconds", "face", "x", "y", "width", "height", "score", "model", "label", "smoothed_label"]
        + names + names.map { "smoothed_\($0)" }
    ]
    for row in rows {
      let own = row.model.flatMap { models.firstIndex(of: $0) }.map { labels[$0] } ?? []
      func values(_ scores: [Float]) -> [String] {
        names.map { name in
          own.firstIndex(of: name).flatMap { $0 < scores.count ? fixed(Double(scores[$0]), 6) : nil } ?? ""
        }
      }
      let box = row.face.map { [$0.x, $0.y, $0.width, $0.height, $0.score].map { fixed($0, 3) } }
      lines.append(
        ["\(row.frame)", fixed(row.seconds, 4), row.track.map(String.init) ?? ""]
          + (box ?? ["", "", "", "", ""]) + [row.model ?? "", row.label ?? "", row.smoothedLabel ?? ""]
          + values(row.scores) + values(row.smoothed))
    }
    return lines.map { $0.map(Self.field).joined(separator: ",") }.joined(separator: "\n") + "\n"
  }

  /// RFC 4180.
  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// How long each face was seen and what it showed most of that time.
  var summary: String {
    var table = TextTable([
      ("face", .left), ("model", .left), ("frames", .right), ("from", .right), ("to", .right),
      ("shares of the evened out labels", .left),
    ])
    for track in tracks {
      for (index, model) in models.enumerated() {
        let own = rows.filter { $0.track == track && $0.model == model }
        guard let first = own.first, let last = own.last else { continue }
        var counts: [String: Int] = [:]
        for row in own { counts[row.smoothedLabel ?? "", default: 0] += 1 }
        let shares = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(4).map {
          "\($0.key) \(fixed(100 * Double($0.value) / Double(own.count), 0)) %"
        }
        table.add([
          index == 0 ? "\(track)" : "", model, "\(own.count)", "\(fixed(first.seconds, 2)) s",
          "\(fixed(last.seconds, 2)) s", shares.joined(separator: ", "),
        ])
      }
    }
    return tracks.isEmpty ? "no face in \(frames) frames" : table.text
  }
}
