import AviaryCore
import Testing

@testable import AviaryKernels

private struct Subtract: NumberPairFunction {
  func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a.minus(b) }
}

private struct IsLess: ComparisonFunction {
  func holds<T: ComputeElement>(_ a: T, _ b: T) -> Bool { a < b }
}

/// Shapes that broadcast to each other: a random one, and copies with axes dropped or set to 1.
private func shapes(_ random: inout SystemRandomNumberGenerator, rank: Int) -> [Shape] {
  let dims = (0..<rank).map { _ in Int.random(in: 1...7, using: &random) }
  return (0..<2).compactMap { _ in
    var own = dims.map { Bool.random(using: &random) ? $0 : 1 }
    own.removeFirst(Int.random(in: 0...rank, using: &random))
    return try? Shape(own)
  }
}

/// The offset of an output position in an operand, one axis at a time.
private func slowOffset(_ position: [Int], _ shape: Shape) -> Int {
  let tail = position.suffix(shape.rank)
  return zip(tail, zip(shape.dims, shape.strides)).reduce(0) { $0 + ($1.1.0 == 1 ? 0 : $1.0 * $1.1.1) }
}

private func positions(_ dims: [Int]) -> [[Int]] {
  dims.reduce([[]]) { done, dim in done.flatMap { head in (0..<dim).map { head + [$0] } } }
}

@Test("Broadcasting agrees with index arithmetic on random shapes", arguments: 0..<200)
func broadcasting(_ round: Int) throws {
  var random = SystemRandomNumberGenerator()
  let operands = shapes(&random, rank: round % 6)
  let (a, b) = (operands[0], operands[1])
  let broadcast = try Broadcast([a, b])
  let x = (0..<a.count).map { _ in Float.random(in: -9...9, using: &random) }
  let z = (0..<b.count).map { _ in Float.random(in: -9...9, using: &random) }
  let half = (x.map { Float16($0) }, z.map { Float16($0) })

  var y = [Float](repeating: .nan, count: broadcast.shape.count)
  var flags = [Bool](repeating: false, count: y.count)
  var rounded = [Float16](repeating: .nan, count: y.count)
  func row<T: Element>(_ pointer: UnsafePointer<T>) -> ElementRow { ElementRow(pointer, T.elementType) }
  x.withUnsafeBufferPointer { x in
    z.withUnsafeBufferPointer { z in
      let rows = (row(x.baseAddress!), row(z.baseAddress!))
      evaluateBinary(
        Subtract(), rows.0, rows.1, MutableElementRow(&y, .float), over: broadcast, compute: .float,
        parallel: ChoppedLoop())
      evaluateBinary(
        IsLess(), rows.0, rows.1, MutableElementRow(&flags, .bool), over: broadcast, compute: .float,
        result: .bool, parallel: ChoppedLoop())
    }
  }
  half.0.withUnsafeBufferPointer { x in
    half.1.withUnsafeBufferPointer { z in
      evaluateBinary(
        Subtract(), row(x.baseAddress!), row(z.baseAddress!), MutableElementRow(&rounded, .float16),
        over: broadcast, compute: .float, parallel: ChoppedLoop())
    }
  }

  for (index, position) in positions(broadcast.shape.dims).enumerated() {
    let (i, j) = (slowOffset(position, a), slowOffset(position, b))
    #expect(y[index] == x[i] - z[j])
    #expect(flags[index] == (x[i] < z[j]))
    #expect(rounded[index] == Float16(Float(half.0[i]) - Float(half.1[j])))
  }
}

@Test(
  "Rows longer than a thread's share come out whole, in place and not",
  arguments: [1, 511, 512, 513, 40_000])
func longRows(_ count: Int) throws {
  let shape = Shape.vector(count)
  let broadcast = try Broadcast([shape, shape])
  let a = (0..<count).map { Float($0) }
  let b = (0..<count).map { Float($0 % 7) }
  let expected = zip(a, b).map { $0 - $1 }
  var overA = a
  var overB = b
  var y = [Float](repeating: 0, count: count)
  func run(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ y: UnsafeMutableRawPointer) {
    evaluateBinary(
      Subtract(), ElementRow(a, .float), ElementRow(b, .float), MutableElementRow(y, .float),
      over: broadcast, compute: .float, parallel: ChoppedLoop())
  }
  run(a, b, &y)
  #expect(y == expected)
  overA.withUnsafeMutableBytes { over in run(over.baseAddress!, b, over.baseAddress!) }
  #expect(overA == expected)
  overB.withUnsafeMutableBytes { over in run(a, over.baseAddress!, over.baseAddress!) }
  #expect(overB == expected)
}

@Test("Shapes that do not broadcast are refused")
func refusals() throws {
  for (a, b) in [([2, 3], [2]), ([4], [0]), ([2, 1, 3], [5, 2])] {
    #expect(throws: OperatorError.self) { try Broadcast([Shape(a), Shape(b)]) }
  }
}
