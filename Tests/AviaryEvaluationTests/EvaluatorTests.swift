import Aviary
import Foundation
import TestSupport
import Testing

@Suite struct EvaluatorTests {
  static let fixtures = Locations.root.appendingPathComponent("Tests/AviaryCommandTests/Fixtures")

  static func classifier(_ name: String) throws -> Classifier {
    try Classifier(ModelReference(fixtures.appendingPathComponent("\(name).onnx").path))
  }

  /// A grey picture, or an error for negative levels.
  struct Level: SampleContent {
    let name: String
    let level: Int

    func bytes() -> [UInt8] { [UInt8(truncatingIfNeeded: level)] }
    func image(_ options: DecodeOptions) throws(DatasetError) -> Image {
      guard level >= 0, let level = UInt8(exactly: level),
        let image = Image(width: 8, height: 8, color: .grey, samples: [UInt8](repeating: level, count: 64))
      else { throw .file(path: name, problem: "is broken") }
      return image
    }
  }

  static func dataset(_ levels: [Int], skipBad: Bool = false) -> Dataset {
    Dataset(
      kind: "levels", path: "memory", split: "all", classes: ["bright", "dark", "medium"],
      samples: levels.enumerated().map { index, level in
        let label = level > 165 ? 0 : level < 95 ? 1 : 2
        return Sample(id: "s\(index)", label: label, content: Level(name: "s\(index)", level: level))
      }, options: DatasetOptions(skipBad: skipBad))
  }

  @Test func severalModelsInOnePass() throws {
    let levels = (0..<50).map { $0 * 5 }
    let classifiers = try ["softmax", "logits", "one-by-one"].map(Self.classifier)
    var options = EvaluationOptions()
    options.batch = 7
    let together = try Evaluator(classifiers, on: Self.dataset(levels), options: options).run()
    for (classifier, record) in zip(classifiers, together) {
      var alone = try #require(try Evaluator([classifier], on: Self.dataset(levels)).run().first)
      alone.run = record.run
      #expect(alone == record)
      #expect(record.samples.map(\.index) == Array(0..<50))
      #expect(record.samples.allSatisfy { abs($0.scores.reduce(0, +) - 1) < 1e-5 })
    }
    // Uniform pictures at least 5 levels from a boundary: the unbiased model is always right.
    #expect(
      together[0].samples.allSatisfy { sample in
        let level = levels[sample.index]
        let isNearBoundary = abs(level - 95) <= 5 || abs(level - 165) <= 5
        return isNearBoundary || sample.scores.firstIndex(of: sample.scores.max() ?? 0) == sample.label
      })
  }

  /// A trained network on pictures of noise: threads change nothing. Batches may change the algorithm of a
  /// convolution, and with it the last digits.
  @Test func recordsDoNotDependOnThreads() throws {
    let model = Locations.root.appendingPathComponent("Zoo/fer-cnn-bn/model.onnx").path
    var options = SessionOptions()
    options.threads = 1
    let classifier = try Classifier(ModelReference(model), options: options)
    let classes = try #require(classifier.contract.labels)
    let dataset = Dataset(
      kind: "noise", path: "memory", split: "all", classes: classes,
      samples: (0..<37).map { Sample(id: "s\($0)", label: $0 % 7, content: Noise(seed: UInt64($0))) })
    var records: [EvaluationRecord] = []
    for (threads, batch) in [(1, 1), (4, 1), (1, 8), (2, 8), (4, 8)] {
      var options = EvaluationOptions()
      options.threads = threads
      options.batch = batch
      var record = try #require(try Evaluator([classifier], on: dataset, options: options).run().first)
      record.run = records.first?.run ?? record.run
      records.append(record)
    }
    #expect(records[1] == records[0])
    #expect(records[3] == records[2])
    #expect(records[4] == records[2])
    for (one, eight) in zip(records[0].samples, records[2].samples) {
      #expect(zip(one.scores, eight.scores).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  /// Seeded grey noise of 60 by 52 pixels.
  struct Noise: SampleContent {
    let seed: UInt64
    func bytes() -> [UInt8] { [UInt8(truncatingIfNeeded: seed)] }
    func image(_ options: DecodeOptions) throws(DatasetError) -> Image {
      var generator = SeededGenerator(seed: seed)
      let samples = (0..<60 * 52).map { _ in UInt8.random(in: 0...255, using: &generator) }
      guard let image = Image(width: 60, height: 52, color: .grey, samples: samples) else {
        throw .file(path: "s\(seed)", problem: "is broken")
      }
      return image
    }
  }

  @Test func theFirstBadSampleIsReportedWhateverTheTiming() throws {
    var levels = [Int](repeating: 60, count: 200)
    for bad in [37, 38, 150] { levels[bad] = -1 }
    let classifier = try Self.classifier("softmax")
    for threads in [1, 2, 4] {
      var options = EvaluationOptions()
      options.batch = 3
      options.threads = threads
      #expect(throws: DatasetError.file(path: "s37", problem: "is broken")) {
        try Evaluator([classifier], on: Self.dataset(levels), options: options).run()
      }
    }
    let skipped = try #require(
      try Evaluator([classifier], on: Self.dataset(levels, skipBad: true)).run().first)
    #expect(skipped.skipped.map(\.index) == [37, 38, 150])
    #expect(skipped.samples.count == 197)
  }

  @Test func refusesWhatCannotBeEvaluated() throws {
    let classifier = try Self.classifier("softmax")
    #expect(throws: EvaluationError.noSamples(dataset: "levels:memory", split: "all")) {
      try Evaluator([classifier], on: Self.dataset([]))
    }
    let error = #expect(throws: EvaluationError.self) {
      try Evaluator([classifier], on: Self.dataset([-1, -1], skipBad: true)).run()
    }
    #expect(error?.description.contains("none of 2") == true)
    for change: @Sendable (inout EvaluationOptions) -> Void in [
      { $0.batch = 0 }, { $0.batch = 1 << 20 }, { $0.threads = -1 }, { $0.limit = 0 },
    ] {
      var options = EvaluationOptions()
      change(&options)
      #expect(throws: EvaluationError.self) {
        try Evaluator([classifier], on: Self.dataset([60]), options: options)
      }
    }
  }

  @Test func wrongNumberOfClassesSaysWhichDisagrees() throws {
    var dataset = Self.dataset([60])
    dataset = Dataset(
      kind: "levels", path: "memory", split: "all", classes: ["bright", "dark"], samples: dataset.samples)
    let error = #expect(throws: EvaluationError.self) {
      try Evaluator([Self.classifier("softmax")], on: dataset)
    }
    #expect(error?.description.contains("'scores' has 3 classes, but the data levels:memory has 2") == true)
  }

  @Test func progressCountsUpToTheTotal() throws {
    let counts = Counts()
    var options = EvaluationOptions()
    options.batch = 4
    _ = try Evaluator(
      [Self.classifier("softmax")], on: Self.dataset([Int](repeating: 60, count: 10)), options: options
    )
    .run { counts.add($0, $1) }
    #expect(counts.seen.map(\.0) == [4, 8, 10])
    #expect(counts.seen.allSatisfy { $0.1 == 10 })
  }
}

/// Progress calls come one at a time, from any thread.
private final class Counts: @unchecked Sendable {
  private(set) var seen: [(Int, Int)] = []
  func add(_ done: Int, _ total: Int) { seen.append((done, total)) }
}
