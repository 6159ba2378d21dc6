/// How the stored rows and columns lie in the upright picture (Exif 2.32, tag 0x0112; TIFF 6.0, page 36).
enum Orientation: Int, CaseIterable, Sendable {
  case upright = 1
  case mirrored
  case rotated180
  case flipped
  case transposed
  case rotated90Clockwise
  case transversed
  case rotated90Counterclockwise

  var swapsSides: Bool { rawValue >= 5 }

  /// The orientation in the first directory of a TIFF structure; upright where it is absent or malformed.
  init(exif: UnsafeRawBufferPointer) {
    self = Self.read(exif).flatMap(Orientation.init(rawValue:)) ?? .upright
  }

  private static func read(_ exif: UnsafeRawBufferPointer) -> Int? {
    guard exif.count >= 8 else { return nil }
    let little: Bool
    switch (exif[0], exif[1]) {
    case (0x49, 0x49): little = true
    case (0x4D, 0x4D): little = false
    default: return nil
    }
    func number16(_ offset: Int) -> Int? {
      guard offset >= 0, offset <= exif.count - 2 else { return nil }
      let first = Int(exif[offset]), second = Int(exif[offset + 1])
      return little ? second << 8 | first : first << 8 | second
    }
    func number32(_ offset: Int) -> Int? {
      guard let first = number16(offset), let second = number16(offset + 2) else { return nil }
      return little ? second << 16 | first : first << 16 | second
    }
    guard number16(2) == 42, let directory = number32(4), let entries = number16(directory) else {
      return nil
    }
    for entry in 0..<entries {
      let offset = directory + 2 + 12 * entry
      guard let tag = number16(offset) else { return nil }
      guard tag == 0x0112 else { continue }
      // One SHORT stands in the first two bytes of the value field.
      guard number16(offset + 2) == 3, number32(offset + 4) == 1 else { return nil }
      return number16(offset + 8)
    }
    return nil
  }
}

extension Image {
  /// The upright picture of one that is stored in `orientation`.
  func oriented(_ orientation: Orientation) -> Image {
    guard orientation != .upright else { return self }
    let outWidth = orientation.swapsSides ? height : width
    let outHeight = orientation.swapsSides ? width : height
    let pixel = channels, lastX = width - 1, lastY = height - 1
    let result = [UInt8](unsafeUninitializedCapacity: samples.count) { buffer, count in
      for y in 0..<outHeight {
        for x in 0..<outWidth {
          let (sourceX, sourceY) =
            switch orientation {
            case .upright: (x, y)
            case .mirrored: (lastX - x, y)
            case .rotated180: (lastX - x, lastY - y)
            case .flipped: (x, lastY - y)
            case .transposed: (y, x)
            case .rotated90Clockwise: (y, lastY - x)
            case .transversed: (lastX - y, lastY - x)
            case .rotated90Counterclockwise: (lastX - y, x)
            }
          let from = (sourceY * width + sourceX) * pixel, to = (y * outWidth + x) * pixel
          for channel in 0..<pixel { buffer[to + channel] = samples[from + channel] }
        }
      }
      count = samples.count
    }
    return Image(unchecked: outWidth, outHeight, color, result)
  }
}
