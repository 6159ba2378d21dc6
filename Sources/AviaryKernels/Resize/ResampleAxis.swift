import AviaryCore
import CSIMD

/// Resizes the middle axis of a dense `[outer, filter.input, inner]` array to `[outer, filter.output,
/// inner]`.
///
/// - Parameter extrapolation: stands where the filter says that a position lies outside.
package func resampleAxis(
  _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, outer: Int, inner: Int,
  filter: AxisFilter, extrapolation: Float, parallel: any Parallel = Serial()
) {
  guard outer > 0, inner > 0, filter.output > 0, filter.input <= Int(Int32.max) else { return }
  let weights = filter.weights.map { Float($0) }
  if inner == 1 {
    lines(source, destination, outer, filter, weights, extrapolation, parallel)
  } else {
    rows(source, destination, outer, inner, filter, weights, extrapolation, parallel)
  }
}

/// The innermost axis: each result picks its terms.
private func lines(
  _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ outer: Int, _ filter: AxisFilter,
  _ weights: [Float], _ extrapolation: Float, _ parallel: any Parallel
) {
  let (taps, output) = (filter.taps, filter.output)
  // Positions outside read anything and are written over.
  let outside = (0..<output).filter { filter.indices[$0 * taps] < 0 }
  let indices = filter.indices.map { Int32(truncatingIfNeeded: max(0, $0)) }
  let table = TileKernels.current.table
  parallel.forEach(outer, grain: max(1, (1 << 14) / (output * taps))) { range in
    for line in range {
      let to = destination + line * output
      table.resample_line(to, source + line * filter.input, indices, weights, taps, output)
      for position in outside { to[position] = extrapolation }
    }
  }
}

/// Any other axis: rows are weighted and added, those without weight left out (an infinity there counts
/// nothing).
private func rows(
  _ source: UnsafePointer<Float>, _ destination: UnsafeMutablePointer<Float>, _ outer: Int, _ inner: Int,
  _ filter: AxisFilter, _ weights: [Float], _ extrapolation: Float, _ parallel: any Parallel
) {
  let (taps, output) = (filter.taps, filter.output)
  var (offsets, factors, starts): ([Int], [Float], [Int]) = ([], [], [0])
  for position in 0..<output {
    let range = position * taps..<(position + 1) * taps
    if filter.indices[range.lowerBound] >= 0 {
      for tap in range where weights[tap] != 0 || tap == range.lowerBound {
        offsets.append(filter.indices[tap] * inner)
        factors.append(weights[tap])
      }
    }
    starts.append(offsets.count)
  }
  let table = TileKernels.current.table
  parallel.forEach(outer * output, grain: max(1, (1 << 15) / (inner * taps))) { range in
    offsets.withUnsafeBufferPointer { offsets in
      factors.withUnsafeBufferPointer { factors in
        for line in range {
          let (block, position) = line.quotientAndRemainder(dividingBy: output)
          let to = destination + line * inner
          let first = starts[position]
          let count = starts[position + 1] - first
          guard count > 0, let offsets = offsets.baseAddress, let factors = factors.baseAddress else {
            to.update(repeating: extrapolation, count: inner)
            continue
          }
          table.taps(source + block * filter.input * inner, offsets + first, factors + first, count, 0, to, inner)
        }
      }
    }
  }
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
