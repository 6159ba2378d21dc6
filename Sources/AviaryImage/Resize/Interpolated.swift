/// Resampling without antialiasing: a target pixel is interpolated between its 2 x 2 (bilinear) or 4 x 4
/// (bicubic) neighbours at half-pixel centres, `(x + 0.5) * source / target - 0.5`, whatever the scale;
/// positions outside repeat the edge. PyTorch's `interpolate(antialias=False, align_corners=False)` and
/// OpenCV's `resize`; bicubic has their a = -0.75.
enum Interpolated {
  /// `kernel` must be bilinear or bicubic. Columns first, then rows, in `Float`.
  static func resize(
    _ image: FloatImage, _ width: Int, _ height: Int, _ kernel: ResampleKernel
  ) -> FloatImage {
    let channels = image.channels, rowLength = image.width * channels
    var samples = image.samples
    if height != image.height {
      let axis = Taps(source: image.height, target: height, kernel)
      samples = combine(samples, outer: 1, axis, sourceLength: image.height, inner: rowLength)
    }
    if width != image.width {
      let axis = Taps(source: image.width, target: width, kernel)
      samples = combine(samples, outer: height, axis, sourceLength: image.width, inner: channels)
    }
    return FloatImage(unchecked: width, height, channels, samples)
  }

  private struct Taps {
    let count: Int
    let target: Int
    var indices: [Int] = []
    var weights: [Float] = []

    init(source: Int, target: Int, _ kernel: ResampleKernel) {
      count = kernel == .bicubic ? 4 : 2
      self.target = target
      for x in 0..<target {
        let position = (Double(x) + 0.5) * Double(source) / Double(target) - 0.5
        let low = Int(position.rounded(.down))
        let fraction = position - Double(low)
        if kernel == .bicubic {
          for tap in -1...2 {
            indices.append(max(0, min(source - 1, low + tap)))
            weights.append(Float(ResampleKernel.cubic(abs(fraction - Double(tap)), a: -0.75)))
          }
        } else {
          let weight = Float(fraction)
          indices += [max(0, low), min(source - 1, low + 1)]
          weights += [1 - weight, weight]
        }
      }
    }
  }

  /// Samples as `outer x sourceLength x inner`; the middle axis is replaced. Indices were clamped to it.
  private static func combine(
    _ samples: [Float], outer: Int, _ axis: Taps, sourceLength: Int, inner: Int
  ) -> [Float] {
    let size = outer * axis.target * inner
    return [Float](unsafeUninitializedCapacity: size) { target, count in
      samples.withUnsafeBufferPointer { source in
        for block in 0..<outer {
          for position in 0..<axis.target {
            let to = (block * axis.target + position) * inner
            for index in 0..<inner {
              var sum: Float = 0
              for tap in (position * axis.count)..<((position + 1) * axis.count) {
                let from = (block * sourceLength + axis.indices[tap]) * inner
                sum += source[from + index] * axis.weights[tap]
              }
              target[to + index] = sum
            }
          }
        }
      }
      count = size
    }
  }
}
