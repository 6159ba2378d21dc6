/// For each target position of one axis: the first source position, how many follow, and their weights.
///
/// The kernel is centred on the target pixel's centre in the source and widened by the scale where the target
/// is smaller (antialiasing); weights outside the picture are dropped and the others normalised to sum 1.
/// This is Pillow's and, for floats, PyTorch's rule.
struct ResampleWeights {
  let stride: Int
  private(set) var starts: [Int]
  private(set) var counts: [Int]
  /// `stride` weights per target position.
  private(set) var weights: [Double]

  init(source: Int, target: Int, kernel: ResampleKernel) {
    let scale = Double(source) / Double(target)
    let widening = max(scale, 1)
    let support = kernel.support * widening
    stride = Int(support.rounded(.up)) * 2 + 1
    starts = []
    counts = []
    weights = [Double](repeating: 0, count: stride * target)
    for position in 0..<target {
      let center = (Double(position) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let count = min(source, Int(center + support + 0.5)) - start
      var sum = 0.0
      for tap in 0..<count {
        let weight = kernel.weight((Double(tap + start) - center + 0.5) / widening)
        weights[position * stride + tap] = weight
        sum += weight
      }
      if sum != 0 {
        for tap in 0..<count { weights[position * stride + tap] /= sum }
      }
      starts.append(start)
      counts.append(count)
    }
  }

  /// Fixed-point weights with `precision` fractional bits.
  static let precision = 32 - 8 - 2

  func fixedPoint() -> [Int32] {
    weights.map { weight in
      let scaled = weight * Double(1 << Self.precision)
      return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
  }
}
