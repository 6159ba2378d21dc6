import AviaryImage
import AviaryZoo

/// What `aviary data info` tells of a data set: counts, exact duplicates between splits, contradictory
/// labels.
///
/// Two pictures are the same when all their pixels are (a colour picture without colour equals its grey
/// twin), whatever the bytes of their files.
public struct DataInfo: Sendable, Codable, Equatable {
  public struct Split: Sendable, Codable, Equatable {
    public let name: String
    /// The splits that make it up, if it has parts.
    public let parts: [String]
    public let samples: Int
    /// Per class, in the order of `DataInfo.classes`.
    public let counts: [Int]
    /// How many different pictures.
    public let distinct: Int
    /// Messages of entries that could not be read.
    public let bad: [String]
  }

  /// Pictures that stand in two splits that should share none.
  public struct Overlap: Sendable, Codable, Equatable {
    public let first: String
    public let second: String
    /// Samples of `first` whose picture stands in `second` too.
    public let firstSamples: Int
    /// Samples of `second` whose picture stands in `first` too.
    public let secondSamples: Int
    /// Those of `secondSamples` whose label none of the same pictures in `first` has.
    public let contradictory: Int
    /// The ids of some pairs, at most ten.
    public let examples: [[String]]
  }

  /// One picture under more than one label, anywhere in the data set.
  public struct Contradiction: Sendable, Codable, Equatable {
    public let ids: [String]
    /// The class of each.
    public let labels: [String]
  }

  public let kind: String
  public let path: String
  public let classes: [String]
  public let splits: [Split]
  public let overlaps: [Overlap]
  public let contradictions: [Contradiction]
}

extension DataInfo {
  /// Decodes every picture once.
  ///
  /// - Parameters:
  ///   - progress: called with the number of pictures read so far and their total.
  ///   - visit: called with each sample, its picture and the digest of its pixels.
  /// - Throws: `DatasetError` of the first entry that cannot be read, unless `options.skipBad`.
  public init(
    _ provider: any DatasetProvider, path: String, options: DatasetOptions = DatasetOptions(),
    progress: ((Int, Int) -> Void)? = nil, visit: ((Dataset, Int, Image, [UInt8]) throws -> Void)? = nil
  ) throws {
    let available = try provider.splits(path: path, options: options)
    let leaves = try available.filter { $0.parts.isEmpty }.map { split throws(DatasetError) in
      try provider.open(path: path, split: split.name, options: options)
    }
    let total = leaves.reduce(0) { $0 + $1.samples.count }
    var done = 0
    var contents: [String: SplitContent] = [:]
    for dataset in leaves {
      contents[dataset.split] = try SplitContent(dataset) { index, image, digest in
        try visit?(dataset, index, image, digest)
        done += 1
        progress?(done, total)
      }
    }
    for split in available where !split.parts.isEmpty {
      contents[split.name] = SplitContent(merging: split.parts.compactMap { contents[$0] })
    }

    kind = provider.kind
    self.path = path
    let classes = leaves.first?.classes ?? []
    self.classes = classes
    splits = available.compactMap { split in contents[split.name]?.summary(split, classes: classes.count) }
    var overlaps: [Overlap] = []
    for (index, first) in available.enumerated() {
      for second in available[(index + 1)...]
      where !first.parts.contains(second.name) && !second.parts.contains(first.name) {
        guard let a = contents[first.name], let b = contents[second.name] else { continue }
        overlaps.append(a.overlap(with: b, first.name, second.name))
      }
    }
    self.overlaps = overlaps
    let whole = SplitContent(merging: leaves.compactMap { contents[$0.split] })
    contradictions = whole.contradictions(classes)
  }
}

/// The pictures of a split by their digests.
private struct SplitContent {
  struct Entry {
    let id: String
    let label: Int
  }

  var pictures: [[UInt8]: [Entry]] = [:]
  /// Digests in the order of first appearance, for stable output.
  var order: [[UInt8]] = []
  var bad: [String] = []
  var samples = 0

  init(_ dataset: Dataset, tick: (Int, Image, [UInt8]) throws -> Void) throws {
    bad = dataset.skipped.map(\.description)
    let unread = try dataset.forEachImage { index, image in
      let sample = dataset.samples[index]
      let digest = image.pixelDigest
      add(digest, [Entry(id: sample.id, label: sample.label)])
      try tick(index, image, digest)
    }
    bad += unread.map(\.description)
  }

  init(merging parts: [SplitContent]) {
    for part in parts {
      for digest in part.order { add(digest, part.pictures[digest] ?? []) }
      bad += part.bad
    }
  }

  private mutating func add(_ digest: [UInt8], _ entries: [Entry]) {
    if pictures[digest] == nil { order.append(digest) }
    pictures[digest, default: []] += entries
    samples += entries.count
  }

  func summary(_ split: DatasetSplit, classes: Int) -> DataInfo.Split {
    var counts = [Int](repeating: 0, count: classes)
    for entries in pictures.values {
      for entry in entries where counts.indices.contains(entry.label) { counts[entry.label] += 1 }
    }
    return DataInfo.Split(
      name: split.name, parts: split.parts, samples: samples, counts: counts, distinct: pictures.count,
      bad: bad)
  }

  func overlap(with other: SplitContent, _ first: String, _ second: String) -> DataInfo.Overlap {
    var counts = (first: 0, second: 0, contradictory: 0)
    var examples: [[String]] = []
    for digest in order {
      guard let mine = pictures[digest], let theirs = other.pictures[digest] else { continue }
      counts.first += mine.count
      counts.second += theirs.count
      counts.contradictory += theirs.count { entry in !mine.contains { $0.label == entry.label } }
      if examples.count < 10 { examples.append([mine[0].id, theirs[0].id]) }
    }
    return DataInfo.Overlap(
      first: first, second: second, firstSamples: counts.first, secondSamples: counts.second,
      contradictory: counts.contradictory, examples: examples)
  }

  func contradictions(_ classes: [String]) -> [DataInfo.Contradiction] {
    order.compactMap { digest in
      let entries = pictures[digest] ?? []
      guard Set(entries.map(\.label)).count > 1 else { return nil }
      return DataInfo.Contradiction(
        ids: entries.map(\.id),
        labels: entries.map { classes.indices.contains($0.label) ? classes[$0.label] : "?" })
    }
  }
}

extension Image {
  /// SHA-256 of size and pixels; grey where all channels agree.
  var pixelDigest: [UInt8] {
    let isGrey =
      color == .rgb
      && samples.withUnsafeBufferPointer { samples in
        stride(from: 0, to: samples.count - 2, by: 3).allSatisfy {
          samples[$0] == samples[$0 + 1] && samples[$0] == samples[$0 + 2]
        }
      }
    let picture = isGrey ? converted(to: .grey) : self
    let hash = SHA256()
    for number in [width, height, picture.channels] {
      withUnsafeBytes(of: UInt64(number).littleEndian) { hash.update(bufferPointer: $0) }
    }
    picture.samples.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hash.finalize()
  }
}
