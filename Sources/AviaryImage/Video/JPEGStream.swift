/// JPEG files one after the other, with or without anything between them: MJPEG.
///
/// Frames are told apart by their markers (ITU-T T.81, annex B): segments are skipped by their lengths,
/// because what is in them (a thumbnail) may look like markers. Where that fails the frame is damaged, and
/// the next one is looked for.
final class JPEGStream: FrameSource {
  let framesPerSecond: Double? = nil
  private let file: FrameBytes
  private let maximumFrameBytes: Int
  private var buffer: [UInt8] = []
  private var isAtEnd = false
  private static let piece = 1 << 20

  init(_ file: FrameBytes, maximumFrameBytes: Int) {
    self.file = file
    self.maximumFrameBytes = maximumFrameBytes
  }

  func next() -> Result<[UInt8], ImageError.Reason>? {
    guard seekStart() else { return nil }
    while true {
      switch Self.end(buffer) {
      case .complete(let end):
        let frame = Array(buffer[..<end])
        buffer.removeFirst(end)
        return .success(frame)
      case .damaged(let place):
        return damaged("its segments do not fit together", from: place)
      case .unfinished(let place) where isAtEnd:
        return damaged("it ends early", from: place)
      case .unfinished(let place) where buffer.count > maximumFrameBytes:
        return damaged("it is longer than \(maximumFrameBytes) bytes", from: place)
      case .unfinished:
        readMore()
      }
    }
  }

  /// Drops what comes before the next start of a JPEG; false where there is none.
  private func seekStart() -> Bool {
    while true {
      if let start = Self.start(buffer, from: 0) {
        buffer.removeFirst(start)
        return true
      }
      // The last two bytes may be the beginning of one.
      if buffer.count > 2 { buffer.removeFirst(buffer.count - 2) }
      if isAtEnd { return false }
      readMore()
    }
  }

  /// Goes on at the next start of a JPEG from `place` on: before it, what looks like one is a thumbnail.
  private func damaged(_ problem: String, from place: Int) -> Result<[UInt8], ImageError.Reason> {
    buffer.removeFirst(Self.start(buffer, from: max(2, place)) ?? max(0, buffer.count - 2))
    return .failure(.corrupt(.jpeg, problem))
  }

  private func readMore() {
    let bytes = file.take(Self.piece)
    if bytes.isEmpty { isAtEnd = true } else { buffer += bytes }
  }

  /// The position of a start-of-image marker that another marker follows.
  private static func start(_ bytes: [UInt8], from first: Int) -> Int? {
    guard bytes.count >= 3 else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      var index = first
      while index + 2 < bytes.count {
        if bytes[index] == 0xFF, bytes[index + 1] == 0xD8, bytes[index + 2] == 0xFF { return index }
        index += 1
      }
      return nil
    }
  }

  private enum End {
    case complete(Int)
    /// Both say from where on another JPEG may begin.
    case unfinished(Int)
    case damaged(Int)
  }

  /// Where the JPEG ends that the bytes begin with.
  private static func end(_ bytes: [UInt8]) -> End {
    bytes.withUnsafeBufferPointer { bytes in
      var index = 2
      // Where the last marker stood: a wrong length may have led beyond the next JPEG.
      var last = 2
      while index + 1 < bytes.count {
        guard bytes[index] == 0xFF else { return .damaged(last) }
        switch bytes[index + 1] {
        case 0xFF: index += 1
        case 0xD9: return .complete(index + 2)
        case 0xD8, 0x00: return .damaged(index)
        case 0x01, 0xD0...0xD7: index += 2
        case let marker:
          guard index + 3 < bytes.count else { return .unfinished(last) }
          let length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
          guard length >= 2 else { return .damaged(index + 2) }
          last = index + 2
          index += 2 + length
          guard marker == 0xDA else { continue }
          // Coded data: up to a marker that is no restart.
          while index + 1 < bytes.count {
            if bytes[index] == 0xFF, bytes[index + 1] != 0, !(0xD0...0xD7).contains(bytes[index + 1]),
              bytes[index + 1] != 0xFF
            {
              break
            }
            index += 1
          }
        }
      }
      return .unfinished(last)
    }
  }
}
