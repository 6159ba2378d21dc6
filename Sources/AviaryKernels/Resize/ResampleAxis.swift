import AviaryCore

/// Resizes the middle axis of a dense `[outer, filter.input, inner]` array to `[outer, filter.output,
/// inner]`.
///
/// - Parameter extrapolation: stands where the filter says that a position lies outside.
package func resampleAxis(
  _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, outer: Int, inner: Int,
  filter: AxisFilter, extrapolation: Float, parallel: any Parallel = Serial()
) {
  resample(
    source, destination, outer, inner, filter, filter.weights.map { Float($0) }, extrapolation, parallel)
}

/// As for `Float`.
package func resampleAxis(
  _ source: UnsafePointer<Double>, _ destination: UnsafeMutablePointer<Double>, outer: Int, inner: Int,
  filter: AxisFilter, extrapolation: Double, parallel: any Parallel = Serial()
) {
  resample(source, destination, outer, inner, filter, filter.weights, extrapolation, parallel)
}

@inline(__always)
private func resample<T: BinaryFloatingPoint>(
  _ source: UnsafePointer<T>, _ destination: UnsafeMutablePointer<T>, _ outer: Int, _ inner: Int,
  _ filter: AxisFilter, _ weights: [T], _ extrapolation: T, _ parallel: any Parallel
) {
  let taps = filter.taps
  let (input, output) = (filter.input, filter.output)
  guard outer > 0, inner > 0, output > 0 else { return }
  filter.indices.withUnsafeBufferPointer { indices in
    weights.withUnsafeBufferPointer { weights in
      let work = inner * taps
      parallel.forEach(outer * output, grain: max(1, (1 << 15) / work)) { range in
        for line in range {
          let position = line % output
          let from = source + (line / output) * input * inner
          let to = destination + line * inner
          let first = position * taps
          guard indices[first] >= 0 else {
            to.update(repeating: extrapolation, count: inner)
            continue
          }
          if inner == 1 {
            var sum: T = 0
            for tap in first..<(first + taps) { sum += weights[tap] * from[indices[tap]] }
            to[0] = sum
            continue
          }
          let row = from + indices[first] * inner
          let weight = weights[first]
          for i in 0..<inner { to[i] = weight * row[i] }
          for tap in (first + 1)..<(first + taps) {
            let row = from + indices[tap] * inner
            let weight = weights[tap]
            if weight == 0 { continue }
            for i in 0..<inner { to[i] += weight * row[i] }
          }
        }
      }
    }
  }
}
