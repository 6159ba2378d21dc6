import AviaryZoo
import TestSupport
import Testing

@Suite struct LabelFitTests {
  /// Rows in which the output of the true class is likelier, by outputs in the order `outputOfClass`; the
  /// last class's output is never the largest.
  static func rows(_ outputOfClass: [Int], perClass: Int) -> (rows: [[Float]], labels: [Int]) {
    let classes = outputOfClass.count
    var rows: [[Float]] = []
    var labels: [Int] = []
    var noise = SeededGenerator(seed: 7)
    for label in 0..<classes {
      for _ in 0..<perClass {
        var row = (0..<classes).map { _ in Float.random(in: 0.9..<1.1, using: &noise) }
        row[outputOfClass[classes - 1]] = 0.02
        row[outputOfClass[label]] = label == classes - 1 ? 0.3 : 3
        let sum = row.reduce(0, +)
        rows.append(row.map { $0 / sum })
        labels.append(label)
      }
    }
    return (rows, labels)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan]) func valuesThatAreNotFinite(_ value: Float) {
    var (rows, labels) = Self.rows([0, 1, 2], perClass: 4)
    rows[5][1] = value
    #expect(LabelFit(probabilities: rows, labels: labels, classes: 3) == nil)
  }

  @Test(arguments: [[0, 1, 2, 3, 4], [4, 2, 0, 1, 3], [1, 0, 2, 4, 3]])
  func findsTheOrder(_ order: [Int]) throws {
    let (rows, labels) = Self.rows(order, perClass: 20)
    let fit = try #require(LabelFit(probabilities: rows, labels: labels, classes: 5))
    #expect(fit.outputOfClass == order)
    for (label, output) in order.enumerated() { #expect(fit.classOfOutput[output] == label) }
    #expect(try #require(fit.weakest).pValue < 1e-3)
  }

  /// Two outputs that say the same cannot be told apart, and that is said.
  @Test func admitsDoubt() throws {
    var noise = SeededGenerator(seed: 3)
    let labels = (0..<60).map { $0 % 3 }
    let rows = labels.map { label -> [Float] in
      let first: Float = label == 0 ? 0.8 : 0.1
      let split = Float.random(in: 0.4..<0.6, using: &noise)
      return [first, (1 - first) * split, (1 - first) * (1 - split)]
    }
    let weakest = try #require(LabelFit(probabilities: rows, labels: labels, classes: 3)?.weakest)
    #expect(Set([weakest.first, weakest.second]) == [1, 2])
    #expect(weakest.pValue > 0.01)
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(LabelFit(probabilities: [], labels: [], classes: 2) == nil)
    #expect(LabelFit(probabilities: [[1, 0]], labels: [2], classes: 2) == nil)
    #expect(LabelFit(probabilities: [[1, 0, 0]], labels: [0], classes: 2) == nil)
  }

  @Test(arguments: [(10, 100), (100, 100), (250, 196), (1000, 7178), (7, 7), (1, 50)])
  func spreadVisitsEachPositionOnce(_ wanted: Int, _ count: Int) {
    let positions = LabelledPictures.spread(wanted, of: count)
    #expect(positions.count == min(wanted, count))
    #expect(Set(positions).count == positions.count)
    #expect(positions.allSatisfy((0..<count).contains))
    // Every quarter of the data is met early on.
    if positions.count >= 40 {
      let quarters = Set(positions.prefix(positions.count / 4).map { $0 * 4 / count })
      #expect(quarters == [0, 1, 2, 3])
    }
  }
}
