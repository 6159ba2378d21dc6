import Foundation

/// The pictures of a folder in the order of their names, numbers in names by value; `nil` where `path` is no
/// folder.
///
/// - Throws: `ImageError.Reason` for a folder without pictures and where nothing is.
func frameFiles(_ path: String) throws(ImageError.Reason) -> [String]? {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw .unreadable("there is no such file or folder")
  }
  guard isFolder.boolValue else { return nil }
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
    throw .unreadable("the folder cannot be listed")
  }
  let pictures = names.filter { name in
    let ending = name.split(separator: ".").last?.lowercased() ?? ""
    return !name.hasPrefix(".") && ["png", "jpg", "jpeg", "webp"].contains(ending)
  }
  guard !pictures.isEmpty else { throw .unreadable("the folder has no JPEG or PNG files") }
  return pictures.sorted { comesFirst($0, $1) }
}

/// Whether a name comes before another where runs of digits count as numbers: "frame9" before "frame10".
func comesFirst(_ a: String, _ b: String) -> Bool {
  var (left, right) = (Substring(a), Substring(b))
  while let x = left.first, let y = right.first {
    if x.isASCII, x.isNumber, y.isASCII, y.isNumber {
      let (m, n) = (digits(&left), digits(&right))
      if m.count != n.count { return m.count < n.count }
      if m != n { return m < n }
      continue
    }
    if x != y { return x < y }
    left.removeFirst()
    right.removeFirst()
  }
  // Equal but for leading zeros, or one goes on.
  return left.isEmpty && right.isEmpty ? a < b : left.isEmpty
}

/// Takes a run of digits off the front, without its leading zeros.
private func digits(_ text: inout Substring) -> Substring {
  let run = text.prefix { $0.isASCII && $0.isNumber }
  text = text.dropFirst(run.count)
  return run.drop { $0 == "0" }
}

/// Opens a file of frames by its first bytes.
///
/// - Throws: `ImageError.Reason` for a file that is neither AVI nor MJPEG.
func openFrames(_ path: String, maximumFrameBytes: Int) throws(ImageError.Reason) -> any FrameSource {
  let file = try FrameBytes(path)
  let start = file.peek(12)
  if start.starts(with: "RIFF".utf8) { return try AVIFrames(file, maximumFrameBytes: maximumFrameBytes) }
  if start.starts(with: [0xFF, 0xD8]) { return JPEGStream(file, maximumFrameBytes: maximumFrameBytes) }
  throw start.isEmpty ? .empty : .unsupportedFilm(start: Array(start.prefix(8)))
}

/// A file that is read piece by piece.
final class FrameBytes {
  private let file: FileHandle
  private(set) var position = 0
  private var ahead: [UInt8] = []
  let size: Int

  init(_ path: String) throws(ImageError.Reason) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("not a regular file") }
    guard let file = FileHandle(forReadingAtPath: path) else { throw .unreadable("cannot be opened") }
    self.file = file
    size = Int(status.st_size)
  }

  deinit { try? file.close() }

  /// Up to `count` bytes, which will be read again.
  func peek(_ count: Int) -> [UInt8] {
    if ahead.count < count { ahead += read(count - ahead.count) }
    return Array(ahead.prefix(count))
  }

  /// Up to `count` bytes; fewer only at the end.
  func take(_ count: Int) -> [UInt8] {
    var bytes = Array(ahead.prefix(count))
    ahead.removeFirst(bytes.count)
    if bytes.count < count { bytes += read(count - bytes.count) }
    position += bytes.count
    return bytes
  }

  /// Leaves out `count` bytes.
  func skip(_ count: Int) {
    let kept = min(count, ahead.count)
    ahead.removeFirst(kept)
    let target = min(size, position + count)
    if count > kept { try? file.seek(toOffset: UInt64(target)) }
    position = target
  }

  private func read(_ count: Int) -> [UInt8] {
    // A file that ends earlier than its size said, or grows, is read as far as it goes.
    guard count > 0, let data = try? file.read(upToCount: count) else { return [] }
    return [UInt8](data)
  }
}
