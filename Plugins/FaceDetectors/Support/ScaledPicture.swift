import AviaryImage

/// A picture as a detector searches it: scaled down where it is large.
struct ScaledPicture {
  let image: Image
  /// Pixels of the original per pixel of `image`.
  let scaleX: Double
  let scaleY: Double

  /// - Parameter side: the longest side of the result; 0 leaves every picture as it is.
  init(_ original: Image, side: Int, detector: String) throws(DetectionError) {
    let longest = max(original.width, original.height)
    guard side > 0, longest > side else {
      self.init(original, of: original)
      return
    }
    let factor = Double(side) / Double(longest)
    let width = max(1, Int((Double(original.width) * factor).rounded()))
    let height = max(1, Int((Double(original.height) * factor).rounded()))
    do throws(ImageError.Reason) {
      // Means of whole blocks first: a filter over every pixel of a large photo takes longer than detection.
      let reduced = original.reduced(by: max(1, longest / (2 * side)))
      self.init(try reduced.resized(width: width, height: height, kernel: .bilinear), of: original)
    } catch {
      throw DetectionError(detector: detector, problem: "the picture cannot be scaled: \(error)")
    }
  }

  init(_ image: Image, of original: Image) {
    self.image = image
    scaleX = Double(original.width) / Double(image.width)
    scaleY = Double(original.height) / Double(image.height)
  }

  /// A face of `image` in pixels of the original.
  func original(_ face: DetectedFace) -> DetectedFace {
    DetectedFace(
      x: face.x * scaleX, y: face.y * scaleY, width: face.width * scaleX, height: face.height * scaleY,
      score: face.score,
      landmarks: face.landmarks.map { ImagePoint(x: $0.x * scaleX, y: $0.y * scaleY) })
  }
}

extension Image {
  /// Means of `factor` x `factor` pixels; what is left over at the right and lower edge is left out.
  func reduced(by factor: Int) -> Image {
    let columns = width / max(1, factor)
    let rows = height / max(1, factor)
    guard factor > 1, columns > 0, rows > 0 else { return self }
    let area = UInt32(factor * factor)
    let samples = [UInt8](unsafeUninitializedCapacity: columns * rows * channels) { target, count in
      var sums = [UInt32](repeating: 0, count: columns * channels)
      self.samples.withUnsafeBufferPointer { source in
        for row in 0..<rows {
          for index in sums.indices { sums[index] = area / 2 }
          for y in row * factor..<(row + 1) * factor {
            var from = y * width * channels
            for column in 0..<columns {
              for _ in 0..<factor {
                for channel in 0..<channels {
                  sums[column * channels + channel] &+= UInt32(source[from + channel])
                }
                from += channels
              }
            }
          }
          for index in sums.indices { target[row * columns * channels + index] = UInt8(sums[index] / area) }
        }
      }
      count = columns * rows * channels
    }
    return Image(width: columns, height: rows, color: color, samples: samples) ?? self
  }
}
