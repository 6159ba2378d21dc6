import AviaryImage

/// Grey samples as OpenCV makes and scales them, to the last bit: a cascade's questions are close calls.
struct GreyPicture {
  let width: Int
  let height: Int
  let samples: [UInt8]

  /// Luma in fixed point with 15 fractional bits.
  init(_ image: Image) {
    width = image.width
    height = image.height
    guard image.color == .rgb else {
      samples = image.samples
      return
    }
    let pixels = image.width * image.height
    samples = [UInt8](unsafeUninitializedCapacity: pixels) { target, count in
      image.samples.withUnsafeBufferPointer { source in
        for pixel in 0..<pixels {
          let red = 9798 * UInt32(source[3 * pixel])
          let green = 19235 * UInt32(source[3 * pixel + 1])
          let luma = red + green + 3735 * UInt32(source[3 * pixel + 2]) + 1 << 14
          target[pixel] = UInt8(truncatingIfNeeded: luma >> 15)
        }
      }
      count = pixels
    }
  }

  /// Two neighbours of an axis and how much of 256 the second one counts.
  struct Taps {
    let first: Int32
    let second: Int32
    let weight: UInt32
  }

  /// Where the positions of a scaled axis lie between pixels: OpenCV's `INTER_LINEAR_EXACT`.
  static func taps(source: Int, target: Int) -> [Taps] {
    let scale = Double(source) / Double(target)
    return (0..<target).map { position in
      let place = scale * (Double(position) + 0.5) - 0.5
      let low = Int(place.rounded(.down))
      guard low >= 0 else { return Taps(first: 0, second: 0, weight: 0) }
      guard low < source - 1 else {
        return Taps(first: Int32(source - 1), second: Int32(source - 1), weight: 0)
      }
      let weight = UInt32(((place - Double(low)) * 256).rounded(.toNearestOrEven))
      return Taps(first: Int32(low), second: Int32(low + 1), weight: weight)
    }
  }

  /// Writes one row of the scaled picture: 8 fractional bits along the row, 16 across, rounded.
  static func writeRow(
    _ source: UnsafePointer<UInt8>, width: Int, columns: [Taps], row: Taps,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    let upper = source + Int(row.first) * width
    let lower = source + Int(row.second) * width
    let (above, below) = (256 - row.weight, row.weight)
    columns.withUnsafeBufferPointer { columns in
      for x in columns.indices {
        let tap = columns[x]
        let (left, right) = (Int(tap.first), Int(tap.second))
        let (near, far) = (256 - tap.weight, tap.weight)
        let top = UInt32(upper[left]) &* near &+ UInt32(upper[right]) &* far
        let bottom = UInt32(lower[left]) &* near &+ UInt32(lower[right]) &* far
        target[x] = UInt8(truncatingIfNeeded: (top &* above &+ bottom &* below &+ 0x8000) >> 16)
      }
    }
  }
}
