/// How values between and beyond pixels are made (ONNX `GridSample`).
package struct GridSampler: Sendable {
  package enum Mode: Sendable { case nearest, linear, cubic }
  package enum Padding: String, Sendable, CaseIterable { case zeros, border, reflection }

  package var mode: Mode
  package var padding: Padding
  /// Whether -1 and 1 are the centres of the outermost pixels, not their outer edges.
  package var alignCorners: Bool

  package init(mode: Mode, padding: Padding, alignCorners: Bool) {
    self.mode = mode
    self.padding = padding
    self.alignCorners = alignCorners
  }

  /// The pixels along an axis, with weights, that make the value at a normalised coordinate (-1...1 spans the
  /// axis). Pixels that count as zero are left out.
  ///
  /// - Parameter extent: pixels along the axis, at least 1.
  func taps(_ normalized: Double, extent: Int) -> [(index: Int, weight: Double)] {
    let length = Double(extent)
    // Single precision, as elsewhere, decides which pixel a coordinate on a border belongs to.
    var x = Double(
      Float(alignCorners ? (normalized + 1) / 2 * (length - 1) : ((normalized + 1) * length - 1) / 2))
    if mode == .nearest { x = x.rounded(.toNearestOrEven) }
    let (low, high) = alignCorners ? (0, length - 1) : (-0.5, length - 0.5)
    // A cubic's pixels are clamped or reflected one by one, not its position, as PyTorch does it.
    if mode != .cubic, x < low || x > high {
      switch padding {
      case .zeros: break
      case .border: x = min(max(x, 0), length - 1)
      case .reflection: x = Self.reflected(x, low, high)
      }
    }
    // NaN and what lies far outside would not fit an integer; both mean "outside".
    guard abs(x) < 0x1p40 else { return [] }
    if mode == .nearest { return pixel(Int(x), 1, extent, low, high) }
    let first = x.rounded(.down)
    let ratio = x - first
    let weights: [Double]
    let kernel: ResampleKernel = mode == .linear ? .linear : .cubic(a: -0.75)
    let start = mode == .linear ? 0 : -1
    weights = (start..<(2 - start)).map { kernel.weight(Double($0) - ratio) }
    return weights.enumerated().flatMap { k, weight in
      pixel(Int(first) + start + k, weight, extent, low, high)
    }
  }

  private func pixel(
    _ index: Int, _ weight: Double, _ extent: Int, _ low: Double, _ high: Double
  ) -> [(index: Int, weight: Double)] {
    if index >= 0, index < extent { return [(index, weight)] }
    switch padding {
    case .zeros: return []
    case .border: return [(min(max(index, 0), extent - 1), weight)]
    case .reflection:
      let place = Int(Self.reflected(Double(index), low, high))
      return [(min(max(place, 0), extent - 1), weight)]
    }
  }

  /// The place within `low...high` that a ray reflected between these ends reaches.
  private static func reflected(_ x: Double, _ low: Double, _ high: Double) -> Double {
    let range = high - low
    guard range > 0, x.isFinite else { return low }
    let distance = x < low ? low - x : x - high
    guard distance > 0 else { return x }
    let turns = (distance / range).rounded(.towardZero)
    let rest = distance - turns * range
    let startsLow = (x < low) == (turns.truncatingRemainder(dividingBy: 2) == 0)
    return startsLow ? low + rest : high - rest
  }

  /// Samples every channel of one image at one point.
  ///
  /// - Parameters:
  ///   - image: `[channels, dims...]`, dense.
  ///   - point: a normalised coordinate per axis of `dims`, in their order.
  ///   - store: takes channel and value.
  package func sample(
    _ image: UnsafePointer<Double>, channels: Int, dims: [Int], point: [Double],
    store: (Int, Double) -> Void
  ) {
    var terms: [(offset: Int, weight: Double)] = [(0, 1)]
    for (axis, extent) in dims.enumerated() {
      let taps = taps(point[axis], extent: extent)
      terms = terms.flatMap { term in
        taps.map { (term.offset * extent + $0.index, term.weight * $0.weight) }
      }
    }
    let size = dims.reduce(1, *)
    for channel in 0..<channels {
      let plane = image + channel * size
      var sum = 0.0
      for term in terms { sum += term.weight * plane[term.offset] }
      store(channel, sum)
    }
  }
}
