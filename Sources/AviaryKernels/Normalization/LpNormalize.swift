import AviaryCore

/// Lines of a tensor divided by their norm.
package enum LpNormalize {
  /// - Parameter isSquared: the root of the sum of squares; otherwise the sum of magnitudes.
  package static func run(
    isDouble: Bool, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, lines: AxisGeometry, isSquared: Bool,
    parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let (x, y) = (x.assumingMemoryBound(to: T.self), y.assumingMemoryBound(to: T.self))
      let (length, inner) = (lines.length, lines.inner)
      parallel.forEach(lines.outer * inner, grain: max(1, 4096 / max(1, length))) { range in
        for line in range {
          let (o, i) = line.quotientAndRemainder(dividingBy: inner)
          let start = o * length * inner + i
          var sum = 0.0
          for j in 0..<length {
            let value = x[start + j * inner].asDouble
            sum += isSquared ? value * value : value.magnitude
          }
          let norm = T.of(isSquared ? sum.squareRoot() : sum)
          for j in 0..<length { y[start + j * inner] = norm == 0 ? 0 : x[start + j * inner] / norm }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }
}
