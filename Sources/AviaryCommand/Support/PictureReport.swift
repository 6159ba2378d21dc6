import Aviary
import Foundation

/// What `predict` says of pictures, as a table or as JSON.
struct PictureReport {
  /// One model's answer about one face; a picture without a face has one entry without both.
  private struct Entry: Encodable {
    let image: String
    let width: Int
    let height: Int
    let detector: String
    let face: DetectedFace?
    let model: String?
    let scores: [Model.Score]
    let precision: Precision
  }

  let detector: String
  let top: Int
  let precision: Precision
  let models: Int
  /// Whether totals are said at the end.
  let isTotalled: Bool

  private var entries: [Entry] = []
  private var pictures = 0
  private var withoutFace = 0
  /// Faces by model and by their likeliest class.
  private var counts: [String: [String: Int]] = [:]
  /// In the order of first sight.
  private var order: [String] = []
  private var labels: [String: [String]] = [:]

  init(detector: String, top: Int, precision: Precision, models: Int, isTotalled: Bool) {
    self.detector = detector
    self.top = top
    self.precision = precision
    self.models = models
    self.isTotalled = isTotalled
  }

  mutating func add(_ analysis: FaceAnalysis, of path: String) {
    func entry(_ face: DetectedFace?, _ answer: FaceAnalysis.Answer?) -> Entry {
      let ranked = (answer?.scores ?? []).sorted { $0.probability > $1.probability }
      return Entry(
        image: path, width: analysis.width, height: analysis.height, detector: analysis.detector, face: face,
        model: answer?.model, scores: Array(ranked.prefix(top)), precision: precision)
    }
    pictures += 1
    if analysis.faces.isEmpty {
      withoutFace += 1
      entries.append(entry(nil, nil))
    }
    for face in analysis.faces {
      for answer in face.answers {
        entries.append(entry(face.box, answer))
        counts[answer.model, default: [:]][answer.label, default: 0] += 1
        if labels[answer.model] == nil {
          order.append(answer.model)
          labels[answer.model] = answer.scores.map(\.label)
        }
      }
    }
  }

  func print(asJSON: Bool) throws {
    if asJSON {
      try Console.printJSON(entries)
    } else {
      Console.print(table)
      if isTotalled { Console.print("\n\(totals)") }
    }
  }

  private var table: String {
    let several = models > 1
    var table = TextTable(
      [("image", .left)] + (several ? [("model", .left)] : []) + [("label", .left), ("probability", .right)])
    var last = ""
    for entry in entries {
      let name = name(of: entry)
      let model = several ? [entry.model ?? ""] : []
      if entry.scores.isEmpty { table.add([name] + model + ["no face", ""]) }
      for (rank, score) in entry.scores.enumerated() {
        table.add(
          [name == last ? "" : name] + (rank == 0 ? model : model.map { _ in "" }) + [
            score.label, "\(fixed(100 * Double(score.probability), 2)) %",
          ])
        last = name
      }
      last = name
    }
    return table.text
  }

  /// The picture, and where in it where there may be several faces.
  private func name(of entry: Entry) -> String {
    guard detector != "none", let face = entry.face else { return entry.image }
    return "\(entry.image) \(fixed(face.width, 0))x\(fixed(face.height, 0)) at "
      + "\(fixed(face.x, 0)),\(fixed(face.y, 0))"
  }

  /// How many faces fell to each class.
  private var totals: String {
    let faces = counts.values.first?.values.reduce(0, +) ?? 0
    var text = "\(pictures) pictures, \(faces) faces, \(withoutFace) pictures without a face"
    guard faces > 0 else { return text }
    var table = TextTable([("model", .left), ("class", .left), ("faces", .right), ("share", .right)])
    for model in order {
      let ranked = (labels[model] ?? []).map { ($0, counts[model]?[$0] ?? 0) }.sorted { $0.1 > $1.1 }
      for (index, (label, count)) in ranked.enumerated() {
        table.add([
          index == 0 ? model : "", label, "\(count)", "\(fixed(100 * Double(count) / Double(faces), 1)) %",
        ])
      }
    }
    text += "\n\n" + table.text
    return text
  }
}
