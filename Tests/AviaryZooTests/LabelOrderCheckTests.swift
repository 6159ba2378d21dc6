import Aviary
import Testing

@testable import AviaryZoo

@Suite struct LabelOrderCheckTests {
  /// Against trying every permutation.
  @Test(arguments: 1...6)
  func bestAssignmentIsTheBestPermutation(size: Int) {
    var random = SplitMix64(state: UInt64(size))
    for _ in 0..<40 {
      let gains = (0..<size).map { _ in (0..<size).map { _ in Int(random.next() % 50) } }
      func total(_ columns: [Int]) -> Int {
        columns.enumerated().reduce(0) { $0 + gains[$1.offset][$1.element] }
      }
      let found = bestAssignment(size) { gains[$0][$1] }
      #expect(found.sorted() == Array(0..<size))
      #expect(total(found) == permutations(Array(0..<size)).map(total).max())
    }
  }

  private func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in permutations(items.filter { $0 != first }).map { [first] + $0 } }
  }

  @Test func tellsTheLabelsThatWereExchanged() throws {
    // b and c are called each other's names.
    let matrix = try ConfusionMatrix(counts: [40, 5, 5, 4, 8, 38, 3, 37, 10], classes: 3)
    let check = try #require(LabelOrderCheck(matrix, names: ["a", "b", "c"]))
    #expect(check.isSuspicious)
    #expect(check.exchanges == [.init(label: "b", likely: "c"), .init(label: "c", likely: "b")])
    #expect(check.accuracy == 58.0 / 150 && check.bestAccuracy == 115.0 / 150)
    #expect(check.warning?.contains("'b' looks like 'c'") == true)
  }

  /// A weak model, one that confuses two classes evenly, and few samples are no evidence.
  @Test(arguments: [
    [60, 20, 20, 30, 40, 30, 25, 25, 50], [50, 0, 0, 0, 26, 24, 0, 25, 25], [1, 1, 0, 1, 1, 0, 0, 0, 2],
  ])
  func doesNotCryWolf(counts: [Int]) throws {
    let check = LabelOrderCheck(try ConfusionMatrix(counts: counts, classes: 3), names: ["a", "b", "c"])
    #expect(check?.isSuspicious == false)
  }
}
