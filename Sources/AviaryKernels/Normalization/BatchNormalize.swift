import AviaryCore

/// Normalisation per channel over batch and positions.
package struct BatchNormalize {
  package let batch: Int
  package let channels: Int
  /// Positions of a channel.
  package let area: Int

  package init(batch: Int, channels: Int, area: Int) {
    self.batch = batch
    self.channels = channels
    self.area = area
  }

  /// The statistics and the affine map of every channel.
  package struct Parameters {
    package let scale: UnsafeRawPointer
    package let bias: UnsafeRawPointer
    package let mean: UnsafeRawPointer
    package let variance: UnsafeRawPointer

    package init(
      scale: UnsafeRawPointer, bias: UnsafeRawPointer, mean: UnsafeRawPointer, variance: UnsafeRawPointer
    ) {
      self.scale = scale
      self.bias = bias
      self.mean = mean
      self.variance = variance
    }
  }

  /// y = (x - mean) / sqrt(variance + epsilon) * scale + bias.
  package func apply(
    isDouble: Bool, x: UnsafeRawPointer, y: UnsafeMutableRawPointer, _ parameters: Parameters,
    epsilon: Double, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let input = x.assumingMemoryBound(to: T.self)
      let output = y.assumingMemoryBound(to: T.self)
      let scale = parameters.scale.assumingMemoryBound(to: T.self)
      let bias = parameters.bias.assumingMemoryBound(to: T.self)
      let mean = parameters.mean.assumingMemoryBound(to: T.self)
      let variance = parameters.variance.assumingMemoryBound(to: T.self)
      parallel.forEach(batch * channels, grain: max(1, 16384 / max(1, area))) { range in
        for plane in range {
          let c = plane % channels
          let factor = scale[c] / (variance[c] + T(epsilon)).squareRoot()
          let (center, shift) = (mean[c], bias[c])
          let from = input + plane * area
          let to = output + plane * area
          for i in 0..<area { to[i] = (from[i] - center) * factor + shift }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  /// The mean and the population variance of every channel.
  package func statistics(
    isDouble: Bool, x: UnsafeRawPointer, mean: UnsafeMutableRawPointer, variance: UnsafeMutableRawPointer,
    parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let input = x.assumingMemoryBound(to: T.self)
      let means = mean.assumingMemoryBound(to: T.self)
      let variances = variance.assumingMemoryBound(to: T.self)
      let count = T(max(1, batch * area))
      parallel.forEach(channels, grain: 1) { range in
        for c in range {
          func total(_ term: (T) -> T) -> T {
            (0..<batch).reduce(0) { sum, n in
              let plane = UnsafeBufferPointer(start: input + (n * channels + c) * area, count: area)
              return sum + Moments.sum(plane, term)
            }
          }
          let center = total { $0 } / count
          means[c] = center
          variances[c] = total { ($0 - center) * ($0 - center) } / count
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }
}
