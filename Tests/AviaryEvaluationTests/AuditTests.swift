import Aviary
import AviaryImage
import Foundation
import TestSupport
import Testing

@testable import AviaryEvaluation

/// Pictures in memory, in splits `train` and `test`.
private struct Album: DatasetProvider {
  struct Shot {
    let split: String
    let label: Int
    let image: Image
  }

  struct Content: SampleContent {
    let stored: Image
    func bytes() -> [UInt8] { stored.samples }
    func image(_: DecodeOptions) -> Image { stored }
  }

  let shots: [Shot]
  var kind: String { "album" }
  var summary: String { "" }

  func splits(path: String, options: DatasetOptions) -> [DatasetSplit] {
    ["train", "test"].map { DatasetSplit($0) }
  }

  func open(path: String, split: String, options: DatasetOptions) -> Dataset {
    let samples = shots.enumerated().filter { $0.element.split == split }.map { number, shot in
      Sample(id: "\(split)/\(number)", label: shot.label, content: Content(stored: shot.image))
    }
    return Dataset(kind: kind, path: path, split: split, classes: ["a", "b"], samples: samples)
  }
}

@Suite struct AuditTests {
  /// A smooth picture of its own for each seed.
  private static func picture(_ seed: Int, side: Int = 48, light: Double = 1) throws -> Image
  {
    let phases = (1...5).map { k -> Double in
      let noise = sin(Double(seed) * 12.9898 + Double(k) * 78.233) * 43758.5453
      return (noise - noise.rounded(.down)) * 6.28
    }
    let waves = (1...5).map { k in
      (Double((seed * 31 + k * 17) % 5 + 1), Double((seed * 13 + k * 29) % 5 + 1))
    }
    var samples: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        let (u, v) = (Double(x) / Double(side), Double(y) / Double(side))
        let sum = zip(phases, waves).reduce(0.0) { $0 + sin(6.28 * ($1.1.0 * u + $1.1.1 * v) + $1.0) }
        samples.append(UInt8(max(0, min(255, light * (128 + 20 * sum)))))
      }
    }
    return try #require(Image(width: side, height: side, color: .grey, samples: samples))
  }

  private static func audit(_ shots: [Album.Shot], _ change: (inout DataAudit.Options) -> Void = { _ in })
    throws -> DataAudit
  {
    var options = DataAudit.Options()
    change(&options)
    return try DataAudit(Album(shots: shots), path: "p", options: options)
  }

  @Test func exactNearAndContradictory() throws {
    let shots: [Album.Shot] = [
      .init(split: "train", label: 0, image: try Self.picture(1)),
      .init(split: "train", label: 1, image: try Self.picture(2)),
      .init(split: "train", label: 1, image: try Self.picture(3)),
      .init(split: "train", label: 0, image: try Self.picture(4)),
      // Pixel for pixel, once under the same label and once under another one.
      .init(split: "test", label: 0, image: try Self.picture(1)),
      .init(split: "test", label: 0, image: try Self.picture(2)),
      // Darker; larger.
      .init(split: "test", label: 1, image: try Self.picture(3, light: 0.8)),
      .init(split: "test", label: 0, image: try Self.picture(4, side: 96)),
      .init(split: "test", label: 1, image: try Self.picture(5)),
      .init(split: "test", label: 1, image: try Self.picture(5)),
      .init(split: "test", label: 1, image: try Self.picture(6)),
    ]
    let audit = try Self.audit(shots)
    let leak = try #require(audit.leaks.first { $0.split == "test" })
    #expect(leak.others == ["train"] && leak.samples == 7)
    #expect(leak.exact == 2 && leak.exactElsewhere == 2 && leak.contradictory == 1 && leak.near == 2)
    #expect(audit.leaks.first { $0.split == "train" }?.near == 2)
    #expect(audit.leak(of: "test/4", in: "test") == .exact && audit.leak(of: "test/6", in: "test") == .near)
    #expect(audit.leak(of: "test/8", in: "test") == nil && audit.leak(of: "test/10", in: "test") == nil)
    #expect(audit.groups.count == 5 && audit.groups.count(where: \.isExact) == 3)
    #expect(audit.groups.filter(\.isContradictory).map { $0.samples.map(\.id) } == [["train/1", "test/5"]])
    #expect(audit.groups.filter { !$0.isExact }.allSatisfy { $0.similarity >= 0.96 && $0.similarity < 1 })
    #expect(audit.imbalance["train"] == 1 && audit.imbalance["test"] == 4.0 / 3)

    let exactly = try Self.audit(shots) { $0.near = false }
    #expect(exactly.groups.count == 3 && exactly.leaks.allSatisfy { $0.near == nil })
    #expect(exactly.skippedNear != nil)
    let strict = try Self.audit(shots) { $0.similarity = 0.9999 }
    #expect(strict.groups.count < 5)
  }

  /// Pictures of one colour look alike to any measure; they are duplicates only where they are equal.
  @Test func flatPictures() throws {
    func flat(_ value: UInt8) throws -> Image {
      try #require(Image(width: 8, height: 8, color: .grey, samples: [UInt8](repeating: value, count: 64)))
    }
    let audit = try Self.audit([
      .init(split: "train", label: 0, image: try flat(0)),
      .init(split: "train", label: 0, image: try flat(200)),
      .init(split: "test", label: 0, image: try flat(0)),
    ])
    #expect(audit.groups.count == 1 && audit.groups[0].isExact)
    #expect(audit.leaks.first { $0.split == "test" }?.exact == 1)
    let empty = try Self.audit([])
    #expect(empty.groups.isEmpty && empty.imbalance.isEmpty)
  }

  @Test func whatLeaksDoToAccuracy() throws {
    let shots: [Album.Shot] =
      try (0..<10).map { .init(split: "train", label: 0, image: try Self.picture($0)) }
      + (0..<40).map { .init(split: "test", label: 0, image: try Self.picture($0)) }
    let audit = try Self.audit(shots)
    #expect(audit.leaks.first { $0.split == "test" }?.exact == 10)
    var record = try RecordTests.record([Int]())
    record.classes = ["a", "b"]
    record.data.split = "test"
    // All that leaked are right, and half of the others.
    record.samples = (0..<40).map { number in
      let right = number < 10 || number % 2 == 0
      return .init(
        index: number, id: "test/\(number + 10)", label: 0, scores: right ? [0.9, 0.1] : [0.2, 0.8])
    }
    let effect = try #require(LeakEffect(record, audit: audit))
    #expect(effect.all.samples == 40 && effect.all.correct == 25)
    #expect(effect.exact?.samples == 10 && effect.exact?.accuracy == 1 && effect.near == nil)
    #expect(effect.clean?.samples == 30 && effect.clean?.accuracy == 0.5)
    #expect(effect.withoutExact?.samples == 30)
    #expect(abs((effect.gain ?? 0) - 0.125) < 1e-12)
    record.samples = []
    #expect(LeakEffect(record, audit: audit) == nil)
  }

  /// The figures that are known of FER2013.
  @Test func fer2013() throws {
    guard let shared = Locations.shared else {
      print("not run: the audit of FER2013 (no shared data)")
      return
    }
    let provider = try BuiltinPlugins.registry().dataset("fer2013")
    let audit = try DataAudit(provider, path: shared.appendingPathComponent("data/fer2013").path)
    let leak = try #require(audit.leaks.first { $0.split == "test" })
    #expect(leak.others == ["train"] && leak.samples == 7178)
    #expect(leak.exact == 568 && leak.exactElsewhere == 703 && leak.contradictory == 16)
    #expect(audit.info.splits.first { $0.name == "test" }?.distinct == 7092)
    // By NumPy from thumbnails that are not rounded: 379.
    #expect((340...420).contains(leak.near ?? 0), "\(leak.near ?? 0)")
    let test = try BuiltinPlugins.registry().open("fer2013:\(shared.path)/data/fer2013", split: "test")
    #expect(test.samples.count { audit.leak(of: $0.id, in: "test") == .exact } == 568)
  }
}
