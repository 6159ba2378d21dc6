import AviaryCore
import Testing

@testable import AviaryKernels

private struct Total: NumberReduceFunction {
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.zero }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.plus(b) }
}

private struct Largest: NumberReduceFunction {
  func identity<T: ComputeElement>(_ type: T.Type) -> T { T.least }
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T { a.maximum(b) }
}

@Test("Reductions agree with index arithmetic on random shapes and axes", arguments: 0..<200)
func reductions(_ round: Int) throws {
  let rank = round % 6
  let shape = try Shape((0..<rank).map { _ in Int.random(in: round % 17 == 0 ? 0...3 : 1...6) })
  let axes = Set((0..<rank).filter { _ in Bool.random() })
  let geometry = ReductionGeometry(shape, axes: axes)
  let x = (0..<shape.count).map { _ in Int64.random(in: -99...99) }

  let kept = shape.dims.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
  let keptShape = try Shape(kept)
  var sums = [Int64](repeating: 0, count: keptShape.count)
  var maxima = [Int64](repeating: .min, count: keptShape.count)
  let strides = shape.strides
  for (index, value) in x.enumerated() {
    let position = (0..<rank).map { index / strides[$0] % max(shape[$0], 1) }
    let output = zip(keptShape.strides, position.enumerated().filter { !axes.contains($0.offset) })
      .reduce(0) { $0 + $1.0 * $1.1.element }
    sums[output] += value
    maxima[output] = max(maxima[output], value)
  }

  #expect(geometry.outputCount == keptShape.count)
  var y = [Int64](repeating: 7, count: keptShape.count)
  reduce(Total(), x, &y, compute: .int64, over: geometry, parallel: ChoppedLoop())
  #expect(y == sums)
  reduce(Largest(), x, &y, compute: .int64, over: geometry, parallel: ChoppedLoop())
  #expect(y == maxima)
}

@Test("Single precision sums of many terms stay near the exact sum")
func summationError() {
  let count = 1_000_003
  let x = [Float](repeating: 0.1, count: count)
  var y: Float = 0
  reduce(
    Total(), x, &y, compute: .float, over: ReductionGeometry(.vector(count), axes: [0]), parallel: Serial())
  let exact = Double(Float(0.1)) * Double(count)
  #expect(abs(Double(y) - exact) / exact < 1e-5)
}

@Test(
  "Softmax sums to one along its axis, wherever that lies",
  arguments: [(1, 7, 1), (3, 5, 300), (2, 700, 1), (4, 1, 3)])
func softmaxSums(_ outer: Int, _ length: Int, _ inner: Int) {
  let x = (0..<outer * length * inner).map { _ in Float.random(in: -20...20) }
  var y = x
  y.withUnsafeMutableBufferPointer { y in
    softmax(
      .probability, UnsafePointer(y.baseAddress!), y.baseAddress!,
      over: AxisGeometry(outer: outer, length: length, inner: inner), parallel: ChoppedLoop())
  }
  for o in 0..<outer {
    for i in 0..<inner {
      let column = (0..<length).map { (o * length + $0) * inner + i }
      let largest = column.map { Double(x[$0]) }.max() ?? 0
      let total = column.reduce(0.0) { $0 + exp(Double(x[$1]) - largest) }
      for index in column {
        #expect(abs(Double(y[index]) - exp(Double(x[index]) - largest) / total) < 1e-6)
      }
    }
  }
}

private func exp(_ x: Double) -> Double { Double.exp(x) }
