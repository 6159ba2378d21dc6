import AviaryCore

/// Normalisation of groups of elements by their own mean and variance.
package enum Normalize {
  /// For each of `groups` runs of `size` elements: y = (x - mean) / sqrt(variance + epsilon), then scaled and
  /// shifted.
  ///
  /// - Parameters:
  ///   - centered: Whether the mean is subtracted; without, the mean square stands for the variance (RMS).
  ///   - scale: `affine(group)` gives where a group's factors begin; factor of element i is
  ///     `scale[start + i / repeats]`. Same for `bias`.
  ///   - mean: one value a group, where wanted; `inverse` likewise 1 / sqrt(variance + epsilon).
  package static func run(
    isDouble: Bool, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, groups: Int, size: Int,
    centered: Bool = true, epsilon: Double, scale: UnsafeRawPointer?, bias: UnsafeRawPointer?,
    repeats: Int, affine: (Int) -> Int, mean meanOut: UnsafeMutableRawPointer? = nil,
    inverse inverseOut: UnsafeMutableRawPointer? = nil, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let input = x.assumingMemoryBound(to: T.self)
      let output = y.assumingMemoryBound(to: T.self)
      let factors = scale?.assumingMemoryBound(to: T.self)
      let shifts = bias?.assumingMemoryBound(to: T.self)
      let means = meanOut?.assumingMemoryBound(to: T.self)
      let inverses = inverseOut?.assumingMemoryBound(to: T.self)
      let step = max(1, repeats)
      parallel.forEach(groups, grain: max(1, 8192 / max(1, size))) { range in
        for group in range {
          let row = UnsafeBufferPointer(start: input + group * size, count: size)
          var (mean, variance): (T, T) = (0, 0)
          if centered {
            (mean, variance) = Moments.meanAndVariance(row)
          } else {
            variance = Moments.sum(row) { $0 * $0 } / T(max(1, size))
          }
          let inverse = 1 / (variance + T(epsilon)).squareRoot()
          means?[group] = mean
          inverses?[group] = inverse
          let from = input + group * size
          let to = output + group * size
          let start = affine(group)
          if step == 1 {
            for i in 0..<size {
              var value = (from[i] - mean) * inverse
              if let factors { value *= factors[start + i] }
              if let shifts { value += shifts[start + i] }
              to[i] = value
            }
          } else {
            // One factor serves a run of elements (a channel).
            for first in stride(from: 0, to: size, by: step) {
              let factor = factors.map { $0[start + first / step] } ?? 1
              let shift = shifts.map { $0[start + first / step] } ?? 0
              for i in first..<min(size, first + step) { to[i] = (from[i] - mean) * inverse * factor + shift }
            }
          }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }
}
