import Aviary
import Testing

@Suite struct ComparisonTests {
  /// A record of three classes that predicts `predicted`, as surely as `sure` says.
  static func record(_ id: String, _ truth: [Int], _ predicted: [Int], sure: [Float]? = nil) throws
    -> EvaluationRecord
  {
    EvaluationRecord(
      version: EvaluationRecord.currentVersion,
      model: .init(
        id: id, file: "\(id).onnx", sha256: String(repeating: "0", count: 64), bytes: 10,
        input: try Preprocessing(
          layout: .nchw, width: 4, height: 4, channels: .grey, scale: 1, mean: [0], std: [1]),
        outputKind: .probabilities, labels: ["a", "b", "c"]),
      data: .init(kind: "folder", path: "p", split: "all", contentHash: "h", samples: truth.count),
      classes: ["a", "b", "c"],
      samples: truth.indices.map { i in
        let high = sure?[i] ?? 0.8
        return .init(
          index: i, id: "s\(i)", label: truth[i],
          scores: (0..<3).map { $0 == predicted[i] ? high : (1 - high) / 2 })
      }, skipped: [], run: .init(host: "h", started: "", seconds: 1, threads: 1, batch: 2))
  }

  static let truth = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]

  @Test func pairsAreCounted() throws {
    let comparison = try Comparison([
      Self.record("x", Self.truth, [0, 0, 0, 1, 1, 1, 2, 2, 0, 0]),
      Self.record("y", Self.truth, [0, 0, 1, 1, 0, 1, 2, 2, 2, 1]),
    ])
    let pair = try #require(comparison.pair(0, 1))
    #expect(pair.outcomes.map(\.rawValue) == [0, 0, 1, 0, 1, 0, 0, 0, 2, 3])
    #expect(PairComparison.Outcome.allCases.map(pair.count) == [6, 2, 1, 1])
    #expect(pair.test.onlyFirst == 2 && pair.test.onlySecond == 1)
    // Two of three disagreements one way: 2 * (1 + 3) / 8.
    #expect(pair.test.exactPValue == 1)
    #expect(abs(pair.accuracy.value - 0.1) < 1e-12)
    #expect(pair.accuracy.lower <= pair.accuracy.value && pair.accuracy.value <= pair.accuracy.upper)
    #expect(abs(pair.agreement - 0.6) < 1e-12)
    // Agreement by chance: x says 5, 3, 2 of ten, y 3, 4, 3: 0.15 + 0.12 + 0.06 = 0.33.
    #expect(abs(try #require(pair.kappa) - (0.6 - 0.33) / 0.67) < 1e-12)
    #expect(pair.classes.map(\.label) == [0, 1, 2])
    #expect(pair.classes.map(\.firstRecall) == [1, 1, 0.5])
    #expect(pair.classes.map { $0.test.onlyFirst } == [1, 1, 0])
    #expect(pair.classes.map { $0.test.onlySecond } == [0, 0, 1])
  }

  @Test func pValuesAreCorrectedOverAllPairs() throws {
    let truth = [Int](repeating: 0, count: 40) + [Int](repeating: 1, count: 40)
    let right = truth
    let half = truth.enumerated().map { $0 < 12 ? 1 : $1 }
    let comparison = try Comparison([
      Self.record("right", truth, right), Self.record("half", truth, half), Self.record("other", truth, half),
    ])
    #expect(comparison.pairs.count == 3)
    let p = try #require(comparison.pair(0, 1))
    // 2 * 2^-12, the smallest of three; the pair that never disagrees has 1.
    #expect(abs(p.test.exactPValue - 2 / 4096.0) < 1e-12)
    #expect(abs(p.correctedPValue - 6 / 4096.0) < 1e-12)
    #expect(p.isSignificant)
    #expect(comparison.pair(2, 1)?.correctedPValue == 1)
    #expect(comparison.pair(1, 2)?.isSignificant == false)
  }

  @Test func whatModelsGiveTogether() throws {
    let truth = [0, 1, 2, 0]
    let comparison = try Comparison([
      // The first is sure where it is wrong, the others outvote it.
      Self.record("x", truth, [1, 1, 0, 2], sure: [0.9, 0.9, 0.9, 0.4]),
      Self.record("y", truth, [0, 2, 2, 0], sure: [0.5, 0.5, 0.5, 0.9]),
      Self.record("z", truth, [0, 0, 1, 1], sure: [0.5, 0.5, 0.5, 0.4]),
    ])
    let byKind = Dictionary(comparison.combined.map { ($0.kind, $0) }, uniquingKeysWith: { $1 })
    // (0.05, 0.9, 0.05), (0.5, 0.25, 0.25), (0.5, ...): means 0.35 against 0.4667 for class 1.
    #expect(byKind[.mean]?.predictions.predicted == [1, 1, 0, 0])
    // Two say 0 for the first; the second is a tie of three that the mean decides for 1.
    #expect(byKind[.majority]?.predictions.predicted == [0, 1, 0, 0])
    #expect(byKind[.oracle]?.predictions.predicted == [0, 1, 2, 0])
    #expect(byKind[.oracle]?.confusion.accuracy == 1)
  }

  @Test func refusesWhatWasNotJudgedAlike() throws {
    let one = try Self.record("x", Self.truth, Self.truth)
    var other = one
    other.samples.removeLast()
    #expect(throws: EvaluationError.self) { try Comparison([one, other]) }
    other = one
    other.samples[3].id = "elsewhere"
    #expect(throws: EvaluationError.self) { try Comparison([one, other]) }
    other = one
    other.classes = ["a", "c", "b"]
    #expect(throws: EvaluationError.self) { try Comparison([one, other]) }
    #expect(throws: EvaluationError.self) { try Comparison([]) }
    var options = Comparison.Options()
    options.ensembles = [["x", "nobody"]]
    #expect(throws: EvaluationError.self) { try Comparison([one], options: options) }
    let alone = try Comparison([one])
    #expect(alone.pairs.isEmpty && alone.combined.isEmpty)
    #expect(try Comparison([one, one]).entries.map(\.name) == ["x", "x-2"])
  }

  @Test func differencesOfRuns() throws {
    let x = try Self.record("x", Self.truth, Self.truth)
    var y = try Self.record("y", Self.truth, [0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    y.samples.remove(at: 0)
    y.samples.append(.init(index: 99, id: "new", label: 0, scores: [1, 0, 0]))
    let difference = try RunDifference(x, y)
    #expect([difference.common, difference.onlyFirst, difference.onlySecond] == [9, 1, 1])
    #expect(difference.changed.map { [$0.id, $0.label, $0.first, $0.second] } == [["s2", "a", "a", "b"]])
    #expect(difference.changes.map(\.name) == ["model"])
    #expect(abs(difference.largestChange - 0.7) < 1e-6)
    #expect(difference.firstAccuracy == 1 && abs(difference.secondAccuracy - 8 / 9.0) < 1e-12)
    y.samples = [.init(index: 0, id: "new", label: 0, scores: [1, 0, 0])]
    #expect(throws: EvaluationError.self) { try RunDifference(x, y) }
  }

  @Test func whatChangesCost() throws {
    let clean = try Self.record("x", Self.truth, Self.truth)
    let comparison = try Comparison([clean])
    let mirror = try #require(PictureChange.all.first { $0.name == "mirror" })
    let blur = try #require(PictureChange.all.first { $0.name == "blur" })
    let study = try RobustnessStudy(
      comparison,
      changed: [
        (mirror, [clean]), (blur, [try Self.record("x", Self.truth, [1, 1, 0, 1, 1, 1, 2, 2, 2, 2])]),
      ])
    #expect(study.results.map(\.loss.value).map { ($0 * 10).rounded() } == [0, 2])
    #expect(study.results.map(\.stability) == [1, 0.8])
    #expect(study.results[1].correctedPValue == 1)
    #expect(throws: EvaluationError.self) { try RobustnessStudy(comparison, changed: [(blur, [])]) }
  }

  @Test func changesAreTheSameEveryTime() throws {
    let image = try #require(
      Image(width: 48, height: 48, color: .grey, samples: (0..<2304).map { UInt8($0 * 71 % 251) }))
    struct Content: SampleContent {
      let picture: Image
      func bytes() -> [UInt8] { picture.samples }
      func image(_ options: DecodeOptions) -> Image { picture }
    }
    let dataset = Dataset(
      kind: "k", path: "p", split: "s", classes: ["a"],
      samples: ["x", "y"].map { Sample(id: $0, label: 0, content: Content(picture: image)) })
    var hashes = [try dataset.contentHash()]
    for change in PictureChange.all {
      let changed = dataset.changed(change)
      #expect(try changed.image(0) == changed.image(0))
      #expect(try changed.image(0) != image, "\(change.name)")
      #expect(try changed.image(0).width == 48)
      // What is random is another thing for each sample.
      let isRandom = ["noise", "occlusion"].contains(change.name)
      #expect(try (changed.image(0) != changed.image(1)) == isRandom, "\(change.name)")
      hashes.append(try changed.contentHash())
    }
    #expect(Set(hashes).count == hashes.count)
  }
}
