extension Preprocessing {
  /// Over which values of one picture mean and deviation are taken to bring them to 0 and 1.
  public enum Standardization: String, Sendable, Codable, CaseIterable {
    /// All of a picture, as `tf.image.per_image_standardization` does.
    case image
    /// Each channel by itself.
    case channel
  }
}

/// What is done to a scaled value: `(value - mean) / deviation`.
struct Standard {
  let mean: Double
  let deviation: Double

  static let none = Standard(mean: 0, deviation: 1)

  private init(mean: Double, deviation: Double) {
    self.mean = mean
    self.deviation = deviation
  }

  /// Of samples times `scale`: their mean, and the deviation over all of them (not of a sample of them), at least
  /// 1 / sqrt(count) so that a picture of one colour becomes zeros. The bound is TensorFlow's.
  init(sum: Double, squares: Double, count: Int, scale: Double) {
    let count = Double(max(1, count))
    let mean = sum / count
    // The difference of two large sums may come out just below zero.
    let variance = max(0, squares / count - mean * mean)
    self.init(mean: mean * scale, deviation: max(variance.squareRoot() * abs(scale), 1 / count.squareRoot()))
  }
}

extension Preprocessing {
  /// For each channel of the source picture what its scaled samples are standardised by.
  ///
  /// - Parameter samples: channel after channel for every pixel, `width * height * channels`.
  func standards<Sample>(_ samples: [Sample], _ number: (Sample) -> Double) -> [Standard] {
    let step = channels.count
    guard let standardize, step > 0 else { return [Standard](repeating: .none, count: step) }
    var sums = [Double](repeating: 0, count: step)
    var squares = sums
    samples.withUnsafeBufferPointer { samples in
      var channel = 0
      for sample in samples {
        let value = number(sample)
        sums[channel] += value
        squares[channel] += value * value
        channel = channel + 1 == step ? 0 : channel + 1
      }
    }
    switch standardize {
    case .image:
      let standard = Standard(
        sum: sums.reduce(0, +), squares: squares.reduce(0, +), count: samples.count, scale: scale)
      return [Standard](repeating: standard, count: step)
    case .channel:
      return (0..<step).map {
        Standard(sum: sums[$0], squares: squares[$0], count: samples.count / step, scale: scale)
      }
    }
  }
}
