/// The shape of an interpolation kernel.
package enum ResampleKernel: Sendable {
  /// A triangle of half-width 1.
  case linear
  /// Keys' cubic of half-width 2 with coefficient `a` (Keys 1981, "Cubic convolution interpolation for
  /// digital image processing", equation 4).
  case cubic(a: Double)

  var support: Double {
    switch self {
    case .linear: 1
    case .cubic: 2
    }
  }

  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .linear: return max(0, 1 - x)
    case .cubic(let a):
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
  }
}

/// The weighted sums that make the positions of a resized axis out of those of the original one.
package struct AxisFilter: Sendable {
  /// Positions of the original axis.
  package let input: Int
  /// Positions of the resized axis.
  package let output: Int
  /// Terms of each sum.
  package let taps: Int
  /// `output * taps` original positions; -1 at the first tap where the extrapolation value stands.
  package private(set) var indices: [Int]
  /// `output * taps` weights, which add up to 1 for each output.
  package private(set) var weights: [Double]

  /// - Parameters:
  ///   - antialias: stretches the kernel by the inverse scale where the axis shrinks.
  ///   - excludeOutside: drops terms beyond the ends, and scales the others up, instead of repeating ends.
  package init(_ axis: ResizeAxis, kernel: ResampleKernel, antialias: Bool, excludeOutside: Bool) {
    // A kernel wider than twice the axis adds nothing but repetitions of the ends.
    let stretch = antialias ? max(min(Double(axis.scale), 1), 0.5 / Double(max(axis.input, 1))) : 1
    let first = Int((-kernel.support / stretch).rounded(.down)) + 1
    taps = 2 - 2 * first
    input = axis.input
    output = axis.output
    indices = [Int](repeating: 0, count: taps * axis.output)
    weights = [Double](repeating: 0, count: taps * axis.output)
    for position in 0..<axis.output {
      let original = axis.original(position)
      let start = position * taps
      guard !axis.isExtrapolated(original) else {
        indices[start] = -1
        continue
      }
      let x = Double(original)
      // The kernel sits on the position to the left, strictly so: a whole number has ratio 1.
      let left = x.rounded(.up) - 1
      var total = 0.0
      for tap in 0..<taps {
        let place = left + Double(first + tap)
        var weight = kernel.weight((place - x) * stretch)
        if excludeOutside, place < 0 || place > Double(axis.input - 1) { weight = 0 }
        indices[start + tap] = clampedIndex(Float(place), extent: axis.input)
        weights[start + tap] = weight
        total += weight
      }
      if total != 0 {
        for tap in 0..<taps { weights[start + tap] /= total }
      }
    }
  }
}
