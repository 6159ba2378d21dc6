import TestSupport

extension SeededGenerator {
  /// Uniform in -1 ..< 1.
  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in .random(in: -1..<1, using: &self) } }
}

/// The largest difference, in units of the largest magnitude among `expected` (at least 1); infinite where
/// the lengths differ or a NaN appears.
func scaledError(_ found: [Float], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = expected.reduce(1) { max($0, abs($1)) }
  return zip(found, expected).reduce(0) { worst, pair in
    let difference = abs(Double(pair.0) - pair.1)
    return difference.isNaN ? .infinity : max(worst, difference / scale)
  }
}
