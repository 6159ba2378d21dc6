/// The Motion JPEG frames of an AVI file (Microsoft, AVI RIFF File Reference; OpenDML for files above 1 GiB).
///
/// Chunks are read in the order of the file; indexes are not needed and not believed.
final class AVIFrames: FrameSource {
  private(set) var framesPerSecond: Double?
  private let file: FrameBytes
  private let maximumFrameBytes: Int
  /// The number of the video stream, two digits, as chunks of frames begin.
  private var stream: [UInt8] = []
  /// Streams seen so far.
  private var streams = 0
  private var isBroken = false

  /// Chunks that are looked at for a frame at most: a file of empty chunks must not take for ever.
  private static let mostChunks = 10_000_000
  private var chunks = 0

  /// Reads the headers.
  ///
  /// - Throws: `ImageError.Reason` for a file without a stream of Motion JPEG.
  init(_ file: FrameBytes, maximumFrameBytes: Int) throws(ImageError.Reason) {
    self.file = file
    self.maximumFrameBytes = maximumFrameBytes
    let head = file.take(12)
    guard head.count == 12, head[8...].elementsEqual("AVI ".utf8) else {
      throw .unsupportedFilm(start: Array(head.prefix(8)))
    }
    try readHeaders()
    guard !stream.isEmpty else { throw .film("an AVI file without a stream of Motion JPEG (MJPG)") }
  }

  private func number(_ bytes: [UInt8], _ offset: Int) -> Int {
    guard offset + 4 <= bytes.count else { return 0 }
    return (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  /// Goes through the lists of headers up to the frames.
  private func readHeaders() throws(ImageError.Reason) {
    while chunks < 10_000 {
      chunks += 1
      let head = file.take(8)
      guard head.count == 8 else { break }
      let size = number(head, 4)
      switch String(decoding: head[..<4], as: UTF8.self) {
      case "LIST":
        // Lists are entered; their chunks follow as if they stood alone.
        if file.take(4).elementsEqual("movi".utf8) { return }
      case "strh":
        readStream(file.take(min(size, 64)))
        file.skip(size - min(size, 64) + size % 2)
      case "avih":
        let header = file.take(min(size, 64))
        let microseconds = number(header, 0)
        if framesPerSecond == nil, microseconds > 0 { framesPerSecond = rate(1e6, Double(microseconds)) }
        file.skip(size - min(size, 64) + size % 2)
      default:
        file.skip(size + size % 2)
      }
    }
    throw .film("an AVI file without frames")
  }

  private func rate(_ numerator: Double, _ denominator: Double) -> Double? {
    let rate = numerator / denominator
    return rate.isFinite && rate > 0.001 && rate < 10_000 ? rate : nil
  }

  /// A stream's header: type, handler, flags..., at 20 the scale and at 24 the rate.
  private func readStream(_ header: [UInt8]) {
    defer { streams += 1 }
    guard stream.isEmpty, streams < 100, header.starts(with: "vids".utf8) else { return }
    let handler = String(decoding: header.dropFirst(4).prefix(4), as: UTF8.self).uppercased()
    guard ["MJPG", "JPEG", "DMB1"].contains(handler) else { return }
    stream = Array((streams < 10 ? "0\(streams)" : "\(streams)").utf8)
    if let own = rate(Double(number(header, 24)), Double(number(header, 20))) { framesPerSecond = own }
  }

  func next() -> Result<[UInt8], ImageError.Reason>? {
    while !isBroken, chunks < Self.mostChunks {
      chunks += 1
      let head = file.take(8)
      guard head.count == 8 else { return nil }
      let size = number(head, 4)
      let kind = String(decoding: head[..<4], as: UTF8.self)
      switch kind {
      case "RIFF", "LIST":
        _ = file.take(4)
      case _ where head.starts(with: stream) && (head[3] == 0x63 || head[3] == 0x62) && head[2] == 0x64:
        return frame(size)
      case _ where head[..<4].allSatisfy({ $0 >= 0x20 && $0 < 0x7F }):
        file.skip(size + size % 2)
      default:
        // No chunk begins like this: a length before was wrong.
        isBroken = true
        return .failure(.corrupt(.jpeg, "the file's chunks do not fit together from here on"))
      }
    }
    return nil
  }

  private func frame(_ size: Int) -> Result<[UInt8], ImageError.Reason> {
    guard size <= maximumFrameBytes else {
      file.skip(size + size % 2)
      return .failure(.tooManyBytes(size, limit: maximumFrameBytes))
    }
    let bytes = file.take(size)
    file.skip(size % 2)
    // A chunk of no bytes repeats the frame before it; there is nothing to see anew.
    if size == 0 { return .failure(.empty) }
    return bytes.count == size ? .success(bytes) : .failure(.truncated(.jpeg))
  }
}
