import AviaryCore

/// From products of queries and keys to attention weights: scale, soft cap, masks, softmax, row by row.
package struct AttentionScores: @unchecked Sendable {
  // Why it may be shared: pointers are read only while `run` lasts.

  /// The stages of a score that a caller may ask for (`qk_matmul_output_mode`).
  package enum Stage: Int, Sendable {
    case scaled, capped, biased, weights
  }

  /// A mask that is added; elements may repeat along axes (step 0).
  package struct Mask {
    package let base: UnsafeRawPointer
    package let batchStep: Int
    package let headStep: Int
    package let queryStep: Int
    /// Keys it covers; further ones are masked.
    package let keys: Int

    package init(_ base: UnsafeRawPointer, batchStep: Int, headStep: Int, queryStep: Int, keys: Int) {
      self.base = base
      self.batchStep = batchStep
      self.headStep = headStep
      self.queryStep = queryStep
      self.keys = keys
    }
  }

  package var batch: Int
  package var heads: Int
  package var queries: Int
  package var keys: Int
  package var scale: Double
  /// Scores are bent to lie between -softcap and softcap; 0 leaves them.
  package var softcap = 0.0
  package var mask: Mask?
  /// Whether a query sees only keys up to its own position.
  package var isCausal = false
  /// Keys before and after its own position that a query sees; negative for all.
  package var window = (left: -1, right: -1)
  /// For each batch entry: keys that precede the queries.
  package var offsets: [Int]
  /// For each batch entry: keys that are no padding.
  package var validKeys: [Int]

  package init(batch: Int, heads: Int, queries: Int, keys: Int, scale: Double) {
    self.batch = batch
    self.heads = heads
    self.queries = queries
    self.keys = keys
    self.scale = scale
    offsets = [Int](repeating: 0, count: batch)
    validKeys = [Int](repeating: keys, count: batch)
  }

  /// Turns scores (batch x heads x queries x keys) into weights in place. A query that sees no key gets
  /// zeros.
  ///
  /// - Parameter capture: receives the scores at a stage, in the same layout.
  package func run(
    isDouble: Bool, _ scores: UnsafeMutableRawPointer, capture: UnsafeMutableRawPointer?, at stage: Stage,
    parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let scores = scores.assumingMemoryBound(to: T.self)
      let capture = capture?.assumingMemoryBound(to: T.self)
      parallel.forEach(batch * heads * queries, grain: max(1, 4096 / max(1, keys))) { range in
        for index in range {
          let row = scores + index * keys
          self.row(index, row, capture.map { $0 + index * keys }, stage)
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  /// The keys that a query may see, by position alone.
  private func visible(_ b: Int, _ i: Int) -> Range<Int> {
    let position = i + offsets[b]
    var (low, high) = (0, min(keys, validKeys[b]))
    if isCausal { high = min(high, position + 1) }
    if window.right >= 0 { high = min(high, position + 1 + min(window.right, keys)) }
    if window.left >= 0 { low = max(low, position - min(window.left, keys + abs(offsets[b]) + queries)) }
    return low < high ? low..<high : 0..<0
  }

  @inline(__always)
  private func row<T: RealElement>(
    _ index: Int, _ row: UnsafeMutablePointer<T>, _ capture: UnsafeMutablePointer<T>?, _ stage: Stage
  ) {
    func keep(_ reached: Stage) {
      if reached == stage { capture?.update(from: row, count: keys) }
    }
    let (rest, i) = index.quotientAndRemainder(dividingBy: queries)
    let (b, h) = rest.quotientAndRemainder(dividingBy: heads)
    let factor = T(scale)
    for j in 0..<keys { row[j] *= factor }
    keep(.scaled)
    if softcap > 0 {
      let cap = T(softcap)
      for j in 0..<keys { row[j] = cap * T.tanh(row[j] / cap) }
    }
    keep(.capped)
    var visible = visible(b, i)
    var seesKeys = !visible.isEmpty
    if let mask {
      let values =
        mask.base.assumingMemoryBound(to: T.self)
        + (b * mask.batchStep + h * mask.headStep + i * mask.queryStep)
      visible = visible.clamped(to: 0..<mask.keys)
      seesKeys = visible.contains { values[$0] > -T.infinity }
      for j in visible { row[j] += values[j] }
    }
    for j in 0..<visible.lowerBound { row[j] = -.infinity }
    for j in visible.upperBound..<max(keys, visible.upperBound) { row[j] = -.infinity }
    keep(.biased)
    if seesKeys { softmax(row, visible) } else { row.update(repeating: 0, count: keys) }
    keep(.weights)
  }

  @inline(__always)
  private func softmax<T: RealElement>(_ row: UnsafeMutablePointer<T>, _ visible: Range<Int>) {
    var largest = -T.infinity
    for j in visible { largest = row[j].maximum(largest) }
    for j in 0..<visible.lowerBound { row[j] = 0 }
    for j in visible.upperBound..<keys { row[j] = 0 }
    let part = row + visible.lowerBound
    if largest == -.infinity {
      // Scores of minus infinity without a mask: nothing to distribute.
      part.update(repeating: 0, count: visible.count)
      return
    }
    for j in 0..<visible.count { part[j] -= largest }
    if T.self == Float.self {
      // The check above makes the cast an identity.
      let floats = UnsafeMutableRawPointer(part).assumingMemoryBound(to: Float.self)
      VectorMath.exp(floats, floats, visible.count)
    } else {
      for j in 0..<visible.count { part[j] = T.exp(part[j]) }
    }
    let total = Moments.sum(UnsafeBufferPointer(start: part, count: visible.count)) { $0 }
    let inverse = 1 / total
    for j in 0..<visible.count { part[j] *= inverse }
  }
}
