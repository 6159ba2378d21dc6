import AviaryEvaluation
import AviaryImage
import Foundation

/// Small pictures of the samples behind the cells of a report, as far as a budget goes.
public struct Thumbnails: Sendable {
  /// JPEG files by the sample's place among those of the comparison.
  public let files: [Int: Data]

  public static let none = Thumbnails(files: [:])

  private init(files: [Int: Data]) { self.files = files }

  /// The longer side of a picture at most, in pixels.
  static let side = 96

  /// Takes one sample of every cell in turn, those that are wrong first, so that no cell goes without.
  ///
  /// - Parameters:
  ///   - dataset: the one that was evaluated.
  ///   - budget: bytes as they stand in the report (a third more than those of the files).
  /// - Throws: `DatasetError` of a picture that cannot be read any more, `ImageError.Reason`.
  public init(_ comparison: Comparison, _ dataset: Dataset, budget: Int = 4 << 20) throws {
    guard let samples = comparison.entries.first?.record.samples else {
      self = .none
      return
    }
    var files: [Int: Data] = [:]
    var left = budget
    for place in Self.order(comparison) where files[place] == nil {
      let image = try dataset.image(samples[place].index)
      let file = Data(try image.shrunk(to: Self.side).jpeg(quality: 80))
      let cost = (file.count + 2) / 3 * 4 + 16
      guard cost <= left else { break }
      left -= cost
      files[place] = file
    }
    self.files = files
  }

  /// Places of samples, perhaps twice, the most wanted first.
  private static func order(_ comparison: Comparison) -> [Int] {
    var wrong: [[Int]: [Int]] = [:]
    var right: [[Int]: [Int]] = [:]
    for (model, entry) in comparison.entries.enumerated() {
      for (place, sample) in entry.record.samples.enumerated() {
        let predicted = entry.predictions.predicted[place]
        let cell = [model, sample.label, predicted]
        if predicted == sample.label {
          right[cell, default: []].append(place)
        } else {
          wrong[cell, default: []].append(place)
        }
      }
    }
    return inTurn(wrong) + inTurn(right)
  }

  private static func inTurn(_ cells: [[Int]: [Int]]) -> [Int] {
    let lists = cells.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    let longest = lists.map(\.count).max() ?? 0
    return (0..<longest).flatMap { rank in lists.compactMap { $0.indices.contains(rank) ? $0[rank] : nil } }
  }
}

extension Image {
  fileprivate func shrunk(to side: Int) throws(ImageError.Reason) -> Image {
    let longer = max(width, height)
    guard longer > side else { return self }
    return try resized(
      width: max(1, width * side / longer), height: max(1, height * side / longer), kernel: .bilinear)
  }
}
