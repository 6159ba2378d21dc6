import AviaryCore

/// Rotary position embedding in single precision.
package struct RotaryTurn: Sendable {
  let batch, heads, positions, size, turned: Int
  let isInterleaved: Bool
  let headStep, positionStep: Int

  /// - Parameters:
  ///   - turned: how many of a head's `size` elements are turned, in pairs.
  ///   - headStep: elements between heads, `positionStep` between positions.
  package init(
    batch: Int, heads: Int, positions: Int, size: Int, turned: Int, isInterleaved: Bool, headStep: Int,
    positionStep: Int
  ) {
    self.batch = batch
    self.heads = heads
    self.positions = positions
    self.size = size
    self.turned = turned
    self.isInterleaved = isInterleaved
    self.headStep = headStep
    self.positionStep = positionStep
  }

  /// - Parameters:
  ///   - cos: rows of turned / 2 elements, one for each entry and position, or one for each id; `sin` likewise.
  ///   - ids: the row of each entry and position.
  package func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, cos: UnsafePointer<Float>,
    sin: UnsafePointer<Float>, ids: [Int]?, parallel: any Parallel
  ) {
    let half = turned / 2
    parallel.forEach(batch * positions, grain: max(1, 4096 / max(1, heads * size))) { range in
      for index in range {
        let (b, position) = index.quotientAndRemainder(dividingBy: positions)
        let row = (ids?[index] ?? index) * half
        let (cos, sin) = (cos + row, sin + row)
        for h in 0..<heads {
          let start = b * heads * positions * size + h * headStep + position * positionStep
          let (from, to) = (x + start, y + start)
          for i in 0..<half {
            let (first, second) = isInterleaved ? (2 * i, 2 * i + 1) : (i, half + i)
            let (a, b) = (from[first], from[second])
            to[first] = cos[i] * a - sin[i] * b
            to[second] = sin[i] * a + cos[i] * b
          }
          (to + turned).update(from: from + turned, count: size - turned)
        }
      }
    }
  }
}
