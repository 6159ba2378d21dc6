/// a * sigmoid(alpha a) * b
package struct SwishGate: PairFunction {
  private let alpha: Float

  package init(alpha: Float) { self.alpha = alpha }

  package func row(
    _ compute: ComputeType, _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int,
    _ y: UnsafeMutableRawPointer, _ count: Int
  ) {
    if compute == .double { return loop(a, aStep, b, bStep, y, count, Double.self) }
    guard alpha == 1, aStep == 1, bStep == 1 else { return loop(a, aStep, b, bStep, y, count, Float.self) }
    // Through a buffer: y may lie over b.
    let (gates, values) = (a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self))
    let target = y.assumingMemoryBound(to: Float.self)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 256) { memory in
      guard let buffer = memory.baseAddress else { return }
      for start in stride(from: 0, to: count, by: 256) {
        let length = min(256, count - start)
        VectorMath.silu(buffer, gates + start, length)
        for i in 0..<length { target[start + i] = buffer[i] * values[start + i] }
      }
    }
  }

  private func loop<T: RealElement>(
    _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ y: UnsafeMutableRawPointer,
    _ count: Int, _ type: T.Type
  ) {
    let (gates, values) = (a.assumingMemoryBound(to: T.self), b.assumingMemoryBound(to: T.self))
    let target = y.assumingMemoryBound(to: T.self)
    let alpha = T.of(alpha)
    for i in 0..<count {
      let gate = gates[i * aStep]
      target[i] = gate * T.sigmoid(alpha * gate) * values[i * bStep]
    }
  }
}
