import AviaryCore

/// How a dense tensor is seen along one axis: `outer` blocks of `length` rows of `inner` elements.
package struct AxisGeometry: Sendable {
  package let outer, length, inner: Int

  package init(outer: Int, length: Int, inner: Int) {
    self.outer = outer
    self.length = length
    self.inner = inner
  }

  /// - Parameter axis: normalised.
  package init(_ shape: Shape, axis: Int) {
    outer = shape.product(0..<axis)
    length = shape.rank == 0 ? 1 : shape[axis]
    inner = shape.rank == 0 ? 1 : shape.product(axis + 1..<shape.rank)
  }

  package var isEmpty: Bool { outer == 0 || length == 0 || inner == 0 }
}

package enum SoftmaxKind: Sendable {
  /// e^x / sum e^x
  case probability
  /// x - log sum e^x
  case logarithm
}

/// Softmax along an axis: the largest element is subtracted first, so nothing overflows. `y` may be `x`.
package func softmax(
  _ kind: SoftmaxKind, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
  over geometry: AxisGeometry, parallel: any Parallel
) {
  softmaxElements(kind, x, y, geometry, parallel) { VectorMath.exp($0, $0, $1) }
}

/// As above, in double precision.
package func softmax(
  _ kind: SoftmaxKind, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>,
  over geometry: AxisGeometry, parallel: any Parallel
) {
  softmaxElements(kind, x, y, geometry, parallel) { row, count in
    for i in 0..<count { row[i] = Double.exp(row[i]) }
  }
}

@inline(__always)
private func softmaxElements<T: RealElement>(
  _ kind: SoftmaxKind, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ geometry: AxisGeometry,
  _ parallel: any Parallel, _ exp: (UnsafeMutablePointer<T>, Int) -> Void
) {
  guard !geometry.isEmpty else { return }
  let (length, inner) = (geometry.length, geometry.inner)
  if inner == 1 {
    parallel.forEach(geometry.outer, grain: max(1, 8192 / length)) { rows in
      for row in rows { softmaxRow(kind, x + row * length, y + row * length, length, exp) }
    }
    return
  }
  // Columns in pieces, so that a piece's maxima and sums stay in the first-level cache.
  let pieces = (inner + softmaxPieceLength - 1) / softmaxPieceLength
  let grain = max(1, 8192 / (length * min(inner, softmaxPieceLength)))
  parallel.forEach(geometry.outer * pieces, grain: grain) { range in
    withUnsafeTemporaryAllocation(of: T.self, capacity: 3 * softmaxPieceLength) { memory in
      guard let scratch = memory.baseAddress else { return }
      for index in range {
        let column = index % pieces * softmaxPieceLength
        let start = index / pieces * length * inner + column
        let count = min(softmaxPieceLength, inner - column)
        softmaxColumns(kind, x + start, y + start, length, inner, count, scratch, exp)
      }
    }
  }
}

/// Columns that are worked on together; their maxima and sums stay in the first-level cache.
let softmaxPieceLength = 256

@inline(__always)
private func softmaxRow<T: RealElement>(
  _ kind: SoftmaxKind, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ length: Int,
  _ exp: (UnsafeMutablePointer<T>, Int) -> Void
) {
  var largest = -T.infinity
  foldRow(x, length, &largest, -.infinity, { $0 }) { (a: T, b: T) in b > a ? b : a }
  var sum: T = 0
  if kind == .probability {
    elementLoop(x, y, length) { $0 - largest }
    exp(y, length)
    foldRow(y, length, &sum, 0, { $0 }) { (a: T, b: T) in a + b }
    let scale = 1 / sum
    for i in 0..<length { y[i] *= scale }
    return
  }
  withUnsafeTemporaryAllocation(of: T.self, capacity: softmaxPieceLength) { memory in
    guard let scratch = memory.baseAddress else { return }
    for start in stride(from: 0, to: length, by: softmaxPieceLength) {
      let count = min(softmaxPieceLength, length - start)
      for i in 0..<count { scratch[i] = x[start + i] - largest }
      exp(scratch, count)
      foldRow(scratch, count, &sum, 0, { $0 }) { (a: T, b: T) in a + b }
    }
  }
  let logarithm = T.log(sum)
  for i in 0..<length { y[i] = x[i] - largest - logarithm }
}

/// `count` neighbouring columns of one block; `scratch` holds three rows of `softmaxPieceLength`.
@inline(__always)
func softmaxColumns<T: RealElement>(
  _ kind: SoftmaxKind, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ length: Int, _ inner: Int,
  _ count: Int, _ scratch: UnsafeMutablePointer<T>, _ exp: (UnsafeMutablePointer<T>, Int) -> Void
) {
  let (largest, sums, row) = (scratch, scratch + softmaxPieceLength, scratch + 2 * softmaxPieceLength)
  largest.update(repeating: -.infinity, count: count)
  sums.update(repeating: 0, count: count)
  for step in 0..<length {
    let source = x + step * inner
    for i in 0..<count { largest[i] = source[i] > largest[i] ? source[i] : largest[i] }
  }
  for step in 0..<length {
    let source = x + step * inner
    for i in 0..<count { row[i] = source[i] - largest[i] }
    if kind == .probability {
      exp(row, count)
      (y + step * inner).update(from: row, count: count)
    } else {
      (y + step * inner).update(from: row, count: count)
      exp(row, count)
    }
    for i in 0..<count { sums[i] += row[i] }
  }
  if kind == .probability {
    for i in 0..<count { sums[i] = 1 / sums[i] }
    for step in 0..<length {
      let target = y + step * inner
      for i in 0..<count { target[i] *= sums[i] }
    }
  } else {
    for i in 0..<count { sums[i] = T.log(sums[i]) }
    for step in 0..<length {
      let target = y + step * inner
      for i in 0..<count { target[i] -= sums[i] }
    }
  }
}
