import AviaryCore

/// Local response normalisation across channels:
/// y = x / (bias + alpha / size * sum of x^2 over the neighbouring channels)^beta.
package enum LocalResponse {
  /// - Parameter size: neighbouring channels, (size - 1) / 2 before (rounded down) and the rest after.
  package static func run(
    isDouble: Bool, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, batch: Int, channels: Int, area: Int,
    size: Int, alpha: Double, beta: Double, bias: Double, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let input = x.assumingMemoryBound(to: T.self)
      let output = y.assumingMemoryBound(to: T.self)
      let (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2)
      parallel.forEach(batch * channels, grain: max(1, 8192 / max(1, area))) { range in
        for plane in range {
          let c = plane % channels
          let to = output + plane * area
          to.update(repeating: 0, count: area)
          for other in max(0, c - before)...min(channels - 1, c + min(after, channels)) {
            let from = input + (plane + other - c) * area
            for i in 0..<area { to[i] += from[i] * from[i] }
          }
          let from = input + plane * area
          for i in 0..<area { to[i] = from[i] / T.pow(T(bias) + T(alpha) / T(size) * to[i], T(beta)) }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }
}
