import AviaryImage
import AviaryKernels

/// Sums over all rectangles of a colour picture, to scale any part of it down by means.
///
/// Sums are kept modulo 2^32: a rectangle's own is right where it has less than 2^24 pixels.
struct AreaIntegral {
  let width: Int
  let height: Int
  /// `(height + 1) * (width + 1) * 3` sums of what lies above and left.
  private let sums: [UInt32]

  init(_ image: Image) {
    (width, height) = (image.width, image.height)
    let (width, height, channels) = (image.width, image.height, image.channels)
    let row = 3 * (width + 1)
    sums = [UInt32](unsafeUninitializedCapacity: row * (height + 1)) { sums, count in
      count = row * (height + 1)
      for index in 0..<row { sums[index] = 0 }
      image.samples.withUnsafeBufferPointer { source in
        for y in 0..<height {
          var from = y * width * channels
          var to = (y + 1) * row
          var (red, green, blue) = (UInt32(0), UInt32(0), UInt32(0))
          for channel in 0..<3 { sums[to + channel] = 0 }
          for _ in 0..<width {
            to += 3
            red &+= UInt32(source[from])
            green &+= UInt32(source[from + (channels == 1 ? 0 : 1)])
            blue &+= UInt32(source[from + (channels == 1 ? 0 : 2)])
            sums[to] = red &+ sums[to - row]
            sums[to + 1] = green &+ sums[to + 1 - row]
            sums[to + 2] = blue &+ sums[to + 2 - row]
            from += channels
          }
        }
      }
    }
  }

  /// Writes a part of the picture scaled to `width` x `height` by means, as `(x - 127.5) / 128`, channel
  /// after channel: PyTorch's `interpolate(mode="area")`.
  ///
  /// The ranges are not empty and lie in the picture; `target` holds `3 * width * height` values.
  func writeMeans(
    of columns: Range<Int>, _ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>,
    width: Int, height: Int
  ) {
    precondition(
      columns.lowerBound >= 0 && columns.upperBound <= self.width && rows.lowerBound >= 0
        && rows.upperBound <= self.height && target.count >= 3 * width * height)
    let xs = Self.spans(columns, width).map { ($0.0 * 3, $0.1 * 3, Float($0.1 - $0.0)) }
    let ys = Self.spans(rows, height)
    let row = 3 * (self.width + 1)
    let plane = width * height
    sums.withUnsafeBufferPointer { sums in
      // Disjoint rows of the target.
      let work = { (part: Range<Int>) in
        for y in part {
          let (top, bottom) = (ys[y].0 * row, ys[y].1 * row)
          let depth = Float(ys[y].1 - ys[y].0)
          var to = y * width
          for (left, right, length) in xs {
            let factor = 0.0078125 / (depth * length)
            for channel in 0..<3 {
              let sum =
                sums[bottom + right + channel] &- sums[bottom + left + channel]
                &- sums[top + right + channel] &+ sums[top + left + channel]
              target[to + channel * plane] = Float(sum) * factor - 127.5 * 0.0078125
            }
            to += 1
          }
        }
      }
      if plane < 4096 { work(0..<height) } else { ThreadPool.shared().forEach(height, grain: 16, work) }
    }
  }

  /// For each target position, from which to before which source position its mean goes.
  private static func spans(_ source: Range<Int>, _ target: Int) -> [(Int, Int)] {
    (0..<target).map { position in
      (
        source.lowerBound + position * source.count / target,
        source.lowerBound + ((position + 1) * source.count + target - 1) / target
      )
    }
  }
}
