import Foundation
import Testing

@testable import AviaryZoo

@Suite struct PackedScoresTests {
  private static func rows(_ count: Int, classes: Int) -> [[Float]] {
    var random = SplitMix64(state: 7)
    return (0..<count).map { _ in
      let logits = (0..<classes).map { _ in 4 * random.normal() }
      let sum = logits.reduce(0) { $0 + exp($1) }
      return logits.map { Float(exp($0) / sum) }
    }
  }

  private static func top(_ row: [Float]) -> Int { row.indices.max { row[$0] < row[$1] } ?? 0 }

  @Test(arguments: [2, 3, 7, 8, 9, 100])
  func comesBackToHalfAStep(classes: Int) throws {
    let rows = Self.rows(300, classes: classes)
    let packed = PackedScores(rows: rows, predicted: rows.map(Self.top))
    let back = try packed.rows(classes: classes, path: "p")
    #expect(back.count == 300)
    for (row, found) in zip(rows, back) {
      #expect(found.predicted == Self.top(row) && Self.top(found.scores) == found.predicted)
      #expect(abs(found.scores.reduce(0, +) - 1) < 0.01)
      for (index, value) in row.enumerated() where index != found.predicted {
        let change = log(Double(max(value, 1e-6))) - log(Double(found.scores[index]))
        #expect(abs(change) <= packed.step / 2 + 1e-5)
      }
    }
  }

  @Test func isSmall() {
    let rows = Self.rows(7178, classes: 7)
    // Base 64 of 75 bits a sample.
    #expect(PackedScores(rows: rows, predicted: rows.map(Self.top)).data.utf8.count < 90_000)
  }

  @Test func tiesAndCertainty() throws {
    let rows: [[Float]] = [[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3], [0, 0, 0]]
    let back = try PackedScores(rows: rows, predicted: [0, 1, 2, 1]).rows(classes: 3, path: "p")
    #expect(back.map(\.predicted) == [0, 1, 2, 1])
    #expect(abs(back[0].scores[0] - 1) < 1e-4)
  }

  @Test func whatCannotBe() throws {
    let good = PackedScores(rows: [[0.5, 0.3, 0.2]], predicted: [0])
    func json(_ samples: Int, _ step: Double, _ data: String) throws -> PackedScores {
      try JSONDecoder().decode(
        PackedScores.self, from: Data(#"{"samples": \#(samples), "step": \#(step), "data": "\#(data)"}"#.utf8))
    }
    for packed in [
      try json(2, good.step, good.data), try json(0, good.step, good.data), try json(1, 0, good.data),
      try json(1, good.step, "***"), try json(1, good.step, ""), try json(10_000_000, good.step, good.data),
      // Class 3 of 3.
      try json(1, good.step, Data([0xFF, 0, 0, 0]).base64EncodedString()),
    ] {
      #expect(throws: ZooError.self) { try packed.rows(classes: 3, path: "p") }
    }
    #expect(throws: ZooError.self) { try good.rows(classes: 1, path: "p") }
    #expect(throws: ZooError.self) { try good.rows(classes: .max, path: "p") }
  }
}
