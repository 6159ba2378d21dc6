import Testing

/// Expects equality within `tolerance` of the larger of 1 and the expected magnitude; nil stands for NaN.
func expectClose(
  _ value: Double, _ expected: Double?, tolerance: Double = 1e-9,
  _ comment: @autoclosure () -> String = "", location: SourceLocation = #_sourceLocation
) {
  let isClose =
    if let expected {
      (value - expected).magnitude <= tolerance * max(1, expected.magnitude)
    } else {
      value.isNaN
    }
  let shown = expected.map { "\($0)" } ?? "NaN"
  #expect(isClose, "\(comment()) is \(value), expected \(shown)", sourceLocation: location)
}

/// The same for every element.
func expectClose(
  _ values: [Double], _ expected: [Double?], tolerance: Double = 1e-9,
  _ comment: @autoclosure () -> String = "", location: SourceLocation = #_sourceLocation
) {
  #expect(values.count == expected.count, "\(comment())", sourceLocation: location)
  for (i, pair) in zip(values, expected).enumerated() {
    expectClose(pair.0, pair.1, tolerance: tolerance, "\(comment())[\(i)]", location: location)
  }
}
