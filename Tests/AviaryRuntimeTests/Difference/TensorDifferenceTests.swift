import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct TensorDifferenceTests {
  @Test func countsAndFindsTheLargest() throws {
    let a = try Tensor([1, 2, -8, 4] as [Float], shape: Shape([2, 2]))
    let b = try Tensor([1, 2.5, -8, 2] as [Float], shape: Shape([2, 2]))
    let difference = try #require(TensorDifference(a, b))
    #expect(difference.differing == 2 && difference.count == 4)
    #expect(difference.largest == 2 && difference.position == 3)
    #expect(difference.first == 4 && difference.second == 2)
    #expect(difference.relative == 0.25)
    #expect(TensorDifference(a, a)?.differing == 0)
  }

  @Test func acrossElementTypes() throws {
    let exact = try Tensor([0.5, 1.1, 3] as [Float])
    let half = try Tensor(([0.5, 1.1, 3] as [Float]).map { Float16($0) })
    let difference = try #require(TensorDifference(exact, half))
    #expect(difference.differing == 1 && difference.position == 1)
    #expect(difference.largest < 1e-3)
    let brain = try Tensor(([0.5, 1.1, 3] as [Float]).map { BFloat16($0) })
    #expect(TensorDifference(exact, brain)?.differing == 1)
    let integers = try Tensor([0, 1, 3] as [Int32])
    #expect(TensorDifference(exact, integers)?.differing == 2)
  }

  @Test func notANumberEqualsOnlyItself() throws {
    let a = try Tensor([.nan, 1] as [Float])
    #expect(TensorDifference(a, a)?.differing == 0)
    let b = try Tensor([0, 1] as [Float])
    #expect(TensorDifference(a, b)?.largest == .infinity)
    #expect(TensorDifference(b, a)?.largest == .infinity)
    let infinite = try Tensor([Float.infinity, 1])
    #expect(TensorDifference(infinite, infinite)?.differing == 0)
    #expect(TensorDifference(b, infinite)?.largest == .infinity)
  }

  @Test func whatDoublesCannotTellApart() throws {
    let a = try Tensor([1 << 60, 1] as [Int64])
    let b = try Tensor([1 << 60 + 1, 1] as [Int64])
    #expect(TensorDifference(a, b)?.differing == 1)
  }

  @Test func shapesAndStrings() throws {
    let a = try Tensor([1, 2] as [Float])
    #expect(TensorDifference(a, try a.reshaped(to: Shape([2, 1]))) == nil)
    let words = try Tensor(strings: ["a", "b"], shape: Shape([2]))
    #expect(TensorDifference(words, words)?.differing == 0)
    #expect(TensorDifference(words, try Tensor(strings: ["a", "c"], shape: Shape([2])))?.differing == 1)
    #expect(TensorDifference(words, a) == nil)
  }

  /// Over the border of a piece that is converted at once.
  @Test func longTensors() throws {
    var values = (0..<40_000).map { Float($0 % 100) }
    let a = try Tensor(values)
    values[39_999] += 3
    values[16_384] += 1
    let difference = try #require(TensorDifference(a, try Tensor(values)))
    #expect(difference.differing == 2 && difference.position == 39_999 && difference.largest == 3)
  }
}
