import AviaryEvaluation
import Foundation

extension HTMLReport {
  /// What the script needs to find the pictures behind a cell.
  private struct Samples: Encodable {
    let classes: [String]
    let models: [String]
    let ids: [String]
    let truth: [Int]
    /// For each model, in the order of the ids.
    let predicted: [[Int]]
    /// The probability of the predicted class in percent.
    let confidence: [[Int]]
    /// JPEG files in base 64, by the sample's place.
    let pictures: [String: String]
  }

  /// JSON that can stand in a script element: no text in it can end that.
  func data() throws -> String {
    let entries = comparison.entries
    let samples = entries.first?.record.samples ?? []
    let value = Samples(
      classes: comparison.classes, models: entries.map(\.name), ids: samples.map(\.id),
      truth: samples.map(\.label), predicted: entries.map(\.predictions.predicted),
      confidence: entries.map { entry in
        entry.record.samples.map { Int((100 * ($0.scores.max() ?? 0)).rounded()) }
      },
      pictures: Dictionary(
        thumbnails.files.map { ("\($0.key)", $0.value.base64EncodedString()) },
        uniquingKeysWith: { first, _ in first }))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
      .replacingOccurrences(of: "<", with: "\\u003c")
      .replacingOccurrences(of: "\u{2028}", with: "\\u2028")
      .replacingOccurrences(of: "\u{2029}", with: "\\u2029")
  }
}
