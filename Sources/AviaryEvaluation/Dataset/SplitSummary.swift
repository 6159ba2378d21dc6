import AviaryImage

/// What a report says of the pictures that models were judged on.
public struct SplitSummary: Sendable, Encodable {
  public let samples: Int
  /// Per class, in the order of the data set's.
  public let counts: [Int]
  /// How many different pictures; `nil` where they were not read.
  public var distinct: Int?
  /// Positions of samples whose pictures agree in every pixel, two or more each.
  public var duplicates: [[Int]] = []
  /// Those of `duplicates` that stand under more than one class.
  public var contradictions: [[Int]] = []

  public init(samples: Int, counts: [Int]) {
    self.samples = samples
    self.counts = counts
  }

  /// Reads every picture.
  ///
  /// - Throws: `DatasetError` of the first picture that cannot be read, unless they are skipped.
  public init(_ dataset: Dataset) throws {
    self.init(samples: dataset.samples.count, counts: dataset.counts)
    var pictures: [[UInt8]: [Int]] = [:]
    _ = try dataset.forEachImage { index, image in pictures[image.pixelDigest, default: []].append(index) }
    distinct = pictures.count
    duplicates = pictures.values.filter { $0.count > 1 }.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
    contradictions = duplicates.filter { group in Set(group.map { dataset.samples[$0].label }).count > 1 }
  }

  /// How many times larger the largest class is than the smallest one that occurs.
  public var imbalance: Double? {
    guard let largest = counts.max(), let smallest = counts.filter({ $0 > 0 }).min() else { return nil }
    return Double(largest) / Double(smallest)
  }
}
