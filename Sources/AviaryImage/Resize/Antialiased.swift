import CPixels

/// Separable resampling along rows and along columns; an axis whose size stays is left alone.
///
/// Both functions take targets of at least 1 x 1 pixels.
enum Antialiased {
  /// Bit-equal to Pillow's `Image.resize` of 8-bit pictures: fixed point with 22 fractional bits and a
  /// rounding to 8 bits after each of the two passes.
  static func resize(_ image: Image, _ width: Int, _ height: Int, _ kernel: ResampleKernel) -> Image {
    let lost = (width: image.width - width, height: image.height - height)
    // Which pass comes first shows in the rounding between them; this is the choice of Pillow 13.
    let columnsFirst = lost.height > 0 && lost.height > 2 * lost.width
    return columnsFirst
      ? resizedRows(resizedColumns(image, height, kernel), width, kernel)
      : resizedColumns(resizedRows(image, width, kernel), height, kernel)
  }

  private static func resizedRows(_ image: Image, _ width: Int, _ kernel: ResampleKernel) -> Image {
    guard width != image.width else { return image }
    let size = image.height * width * image.channels
    let samples = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      withAxis(ResampleWeights(source: image.width, target: width, kernel: kernel)) { axis in
        image.samples.withUnsafeBufferPointer { source in
          cpixels_rows(
            source.baseAddress, target.baseAddress, Int64(image.height), Int64(image.width), Int64(width),
            Int64(image.channels), axis)
        }
      }
      count = size
    }
    return Image(unchecked: width, image.height, image.color, samples)
  }

  private static func resizedColumns(_ image: Image, _ height: Int, _ kernel: ResampleKernel) -> Image {
    guard height != image.height else { return image }
    let rowLength = image.width * image.channels, size = height * rowLength
    var sums = [UInt32](repeating: 0, count: rowLength)
    let samples = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      withAxis(ResampleWeights(source: image.height, target: height, kernel: kernel)) { axis in
        image.samples.withUnsafeBufferPointer { source in
          cpixels_columns(
            source.baseAddress, target.baseAddress, Int64(height), Int64(rowLength), axis, &sums)
        }
      }
      count = size
    }
    return Image(unchecked: image.width, height, image.color, samples)
  }

  /// The weights as C takes them. What it reads stays inside the picture: `starts[x] + counts[x]` is at most
  /// the length of the source.
  private static func withAxis(_ weights: ResampleWeights, _ body: (cpixels_axis) -> Void) {
    let starts = weights.starts.map(Int64.init), counts = weights.counts.map(Int64.init)
    let fixed = weights.fixedPoint()
    starts.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        fixed.withUnsafeBufferPointer { fixed in
          body(
            cpixels_axis(
              starts: starts.baseAddress, counts: counts.baseAddress, weights: fixed.baseAddress,
              stride: Int64(weights.stride), precision: Int32(ResampleWeights.precision)))
        }
      }
    }
  }

  /// The same in floating point without rounding: PyTorch's `interpolate(antialias=True)`.
  static func resize(
    _ image: FloatImage, _ width: Int, _ height: Int, _ kernel: ResampleKernel
  ) -> FloatImage {
    var samples = image.samples
    let channels = image.channels
    if width != image.width {
      let axis = ResampleWeights(source: image.width, target: width, kernel: kernel)
      samples = rows(
        samples, image.height, image.width, width, channels, axis, axis.weights.map(Float.init),
        start: 0, accumulate: { $0 + $1 * $2 }, finish: { $0 })
    }
    if height != image.height {
      let axis = ResampleWeights(source: image.height, target: height, kernel: kernel)
      samples = columns(
        samples, height, width * channels, axis, axis.weights.map(Float.init),
        start: 0, accumulate: { $0 + $1 * $2 }, finish: { $0 })
    }
    return FloatImage(unchecked: width, height, channels, samples)
  }

  /// Indices stay inside: `starts[x] + counts[x] <= sourceWidth`, and `samples` holds
  /// `height * sourceWidth * channels` values.
  @inline(__always)
  private static func rows<Sample, Sum>(
    _ samples: [Sample], _ height: Int, _ sourceWidth: Int, _ width: Int, _ channels: Int,
    _ axis: ResampleWeights, _ weights: [Sum], start: Sum,
    accumulate: (Sum, Sample, Sum) -> Sum, finish: (Sum) -> Sample
  ) -> [Sample] {
    let size = height * width * channels
    return [Sample](unsafeUninitializedCapacity: size) { target, count in
      samples.withUnsafeBufferPointer { source in
        weights.withUnsafeBufferPointer { weights in
          for y in 0..<height {
            for x in 0..<width {
              let first = (y * sourceWidth + axis.starts[x]) * channels
              let taps = axis.counts[x], base = x * axis.stride
              for channel in 0..<channels {
                var sum = start
                for tap in 0..<taps {
                  sum = accumulate(sum, source[first + tap * channels + channel], weights[base + tap])
                }
                target[(y * width + x) * channels + channel] = finish(sum)
              }
            }
          }
        }
      }
      count = size
    }
  }

  /// Indices stay inside: `starts[y] + counts[y]` rows of `rowLength` values exist in `samples`.
  @inline(__always)
  private static func columns<Sample, Sum>(
    _ samples: [Sample], _ height: Int, _ rowLength: Int,
    _ axis: ResampleWeights, _ weights: [Sum], start: Sum,
    accumulate: (Sum, Sample, Sum) -> Sum, finish: (Sum) -> Sample
  ) -> [Sample] {
    let size = height * rowLength
    return [Sample](unsafeUninitializedCapacity: size) { target, count in
      samples.withUnsafeBufferPointer { source in
        weights.withUnsafeBufferPointer { weights in
          for y in 0..<height {
            let first = axis.starts[y] * rowLength, taps = axis.counts[y], base = y * axis.stride
            for x in 0..<rowLength {
              var sum = start
              for tap in 0..<taps {
                sum = accumulate(sum, source[first + tap * rowLength + x], weights[base + tap])
              }
              target[y * rowLength + x] = finish(sum)
            }
          }
        }
      }
      count = size
    }
  }
}
