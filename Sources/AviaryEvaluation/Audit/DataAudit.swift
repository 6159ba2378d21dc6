import AviaryImage

/// What is wrong with a data set as a basis for judging models: pictures that stand in it more than once,
/// exactly or nearly, within a split or in two that should share none; pictures under several labels;
/// imbalance.
public struct DataAudit: Sendable, Encodable {
  public struct Options: Sendable {
    /// The least correlation of 16 x 16 thumbnails of pictures that count as nearly the same. At 0.96
    /// FER2013's pairs are one photo with another crop or watermark; below 0.94 there are pairs of different
    /// moments.
    public var similarity = 0.96
    /// Whether near duplicates are looked for at all.
    public var near = true
    public var reading = DatasetOptions()

    public init() {}
  }

  /// A sample by its split, id and label.
  public struct Entry: Sendable, Encodable, Equatable {
    public let split: String
    public let id: String
    public let label: String
  }

  /// Pictures that are one, give or take a crop: every sample that shows one of them.
  public struct Group: Sendable, Encodable, Equatable {
    public let samples: [Entry]
    /// Whether they agree in every pixel.
    public let isExact: Bool
    /// The least correlation of those that were linked; 1 for exact ones.
    public let similarity: Double

    public var splits: Set<String> { Set(samples.map(\.split)) }
    public var isContradictory: Bool { Set(samples.map(\.label)).count > 1 }
  }

  /// What one split shares with the splits outside it.
  public struct Leak: Sendable, Encodable, Equatable {
    public let split: String
    /// The splits it was compared with.
    public let others: [String]
    public let samples: Int
    /// Samples that stand pixel for pixel elsewhere, and how many samples elsewhere these are.
    public let exact: Int
    public let exactElsewhere: Int
    /// Those of `exact` whose label none of the same pictures elsewhere has.
    public let contradictory: Int
    /// Further samples that stand nearly the same elsewhere; `nil` where that was not looked for.
    public let near: Int?
  }

  public let info: DataInfo
  /// Largest class over smallest one that occurs, by split.
  public let imbalance: [String: Double]
  /// Groups of two samples and more, exact ones and near ones; every sample is in one at most.
  public let groups: [Group]
  public let leaks: [Leak]
  /// Why near duplicates were not looked for.
  public let skippedNear: String?
  /// Of every sample that stands elsewhere, too: split, then id.
  private let kinds: [String: [String: LeakKind]]

  /// How a sample stands outside its split.
  public enum LeakKind: String, Sendable, Encodable { case exact, near }

  private enum CodingKeys: String, CodingKey { case info, imbalance, leaks, groups, skippedNear }

  /// How a sample of a split stands in splits outside it; `nil` where it does not.
  public func leak(of id: String, in split: String) -> LeakKind? { kinds[split]?[id] }
}

extension DataAudit {
  /// Decodes every picture once.
  ///
  /// - Parameter progress: called with the number of pictures read so far and their total.
  /// - Throws: `DatasetError` of the first entry that cannot be read, unless such are skipped.
  public init(
    _ provider: any DatasetProvider, path: String, options: Options = .init(),
    progress: ((Int, Int) -> Void)? = nil
  ) throws {
    var pictures: [[UInt8]: Int] = [:]
    var sketches: [PictureSketch] = []
    var members: [[Entry]] = []
    let info = try DataInfo(
      provider, path: path, options: options.reading, progress: progress,
      visit: { dataset, index, image, digest in
        let sample = dataset.samples[index]
        let label = dataset.classes.indices.contains(sample.label) ? dataset.classes[sample.label] : "?"
        let entry = Entry(split: dataset.split, id: sample.id, label: label)
        if let known = pictures[digest] { return members[known].append(entry) }
        pictures[digest] = members.count
        members.append([entry])
        if options.near, members.count <= NearDuplicateSearch.mostPictures {
          do throws(ImageError.Reason) {
            sketches.append(try PictureSketch(image))
          } catch { throw ImageError(path: sample.id, reason: error) }
        }
      })
    self.info = info
    var skipped: String?
    var pairs: [NearDuplicateSearch.Pair] = []
    if !options.near {
      skipped = "not asked for"
    } else if members.count > NearDuplicateSearch.mostPictures {
      skipped = "\(members.count) different pictures are more than \(NearDuplicateSearch.mostPictures)"
    } else {
      pairs = NearDuplicateSearch.pairs(sketches, correlation: Float(options.similarity))
    }
    skippedNear = skipped
    imbalance = info.splits.reduce(into: [:]) { result, split in
      guard let largest = split.counts.max(), let least = split.counts.filter({ $0 > 0 }).min() else {
        return
      }
      result[split.name] = Double(largest) / Double(least)
    }
    groups = Self.groups(members, pairs)
    (leaks, kinds) = Self.leaks(info, members, pairs, isNearKnown: skipped == nil)
  }

  private static func groups(_ members: [[Entry]], _ pairs: [NearDuplicateSearch.Pair]) -> [Group] {
    var parent = Array(members.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parent[index] != index {
        parent[index] = parent[parent[index]]
        index = parent[index]
      }
      return index
    }
    for pair in pairs {
      let (a, b) = (root(pair.first), root(pair.second))
      if a != b { parent[max(a, b)] = min(a, b) }
    }
    var least: [Int: Float] = [:]
    for pair in pairs { least[root(pair.first)] = min(least[root(pair.first)] ?? 1, pair.correlation) }
    var joined: [Int: [Entry]] = [:]
    for index in members.indices { joined[root(index), default: []] += members[index] }
    return joined.sorted { $0.key < $1.key }.compactMap { index, samples in
      guard samples.count > 1 else { return nil }
      return Group(
        samples: samples, isExact: least[index] == nil, similarity: least[index].map(Double.init) ?? 1)
    }
  }

  private static func leaks(
    _ info: DataInfo, _ members: [[Entry]], _ pairs: [NearDuplicateSearch.Pair], isNearKnown: Bool
  ) -> ([Leak], [String: [String: LeakKind]]) {
    var neighbours: [Int: [Int]] = [:]
    for pair in pairs {
      neighbours[pair.first, default: []].append(pair.second)
      neighbours[pair.second, default: []].append(pair.first)
    }
    let leaves = info.splits.filter(\.parts.isEmpty).map(\.name)
    var leaks: [Leak] = []
    var kinds: [String: [String: LeakKind]] = [:]
    for split in info.splits {
      let own = Set(split.parts.isEmpty ? [split.name] : split.parts)
      let others = leaves.filter { !own.contains($0) }
      guard !others.isEmpty else { continue }
      var (exact, elsewhere, contradictory, near) = (0, 0, 0, 0)
      for (index, entries) in members.enumerated() {
        let mine = entries.filter { own.contains($0.split) }
        guard !mine.isEmpty else { continue }
        let same = entries.filter { !own.contains($0.split) }
        if !same.isEmpty {
          exact += mine.count
          elsewhere += same.count
          contradictory += mine.count { entry in !same.contains { $0.label == entry.label } }
        } else if (neighbours[index] ?? []).contains(where: {
          members[$0].contains { !own.contains($0.split) }
        }) {
          near += mine.count
        } else {
          continue
        }
        for entry in mine { kinds[split.name, default: [:]][entry.id] = same.isEmpty ? .near : .exact }
      }
      leaks.append(
        Leak(
          split: split.name, others: others, samples: split.samples, exact: exact, exactElsewhere: elsewhere,
          contradictory: contradictory, near: isNearKnown ? near : nil))
    }
    return (leaks, kinds)
  }
}
