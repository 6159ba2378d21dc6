import Foundation

/// Why a multipart body cannot be read.
struct MultipartError: Error, Equatable, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = "multipart/form-data: \(text)" }
}

/// Takes a multipart body (RFC 2046, 5.1) apart as it arrives, in pieces of any size.
///
/// Only what may still be the beginning of a boundary is held back, so that memory is bounded whatever comes.
struct MultipartParser {
  enum Event {
    /// A part begins; its header fields by names in lower case.
    case part([String: String])
    /// Bytes of the part, valid during the call.
    case data(UnsafeRawBufferPointer)
    /// The part is complete.
    case end
  }

  static let maximumHeaderBytes = 8 << 10
  static let maximumParts = 64

  private enum State { case preamble, afterBoundary, headers, content, epilogue }

  private let delimiter: [UInt8]
  private var state = State.preamble
  private var parts = 0
  /// Bytes that could not be judged yet. The body counts as if a line had ended before it: the first boundary
  /// needs no line end of its own.
  private var held: [UInt8] = [0x0D, 0x0A]

  /// - Throws: `MultipartError` for a boundary that cannot be (RFC 2046: 1 to 70 printable characters).
  init(boundary: String) throws(MultipartError) {
    let bytes = Array(boundary.utf8)
    guard (1...70).contains(bytes.count), bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), bytes.last != 0x20
    else { throw MultipartError("the boundary must be 1 to 70 printable characters") }
    delimiter = Array("\r\n--".utf8) + bytes
  }

  /// Whether the final boundary has been seen.
  var isComplete: Bool { state == .epilogue }

  /// Takes the next bytes of the body.
  mutating func feed(
    _ bytes: UnsafeRawBufferPointer, _ emit: (Event) throws(MultipartError) -> Void
  ) throws(MultipartError) {
    guard state != .epilogue else { return }
    var all: [UInt8] = []
    swap(&all, &held)
    all.append(contentsOf: bytes)
    var result: Result<Int, MultipartError> = .success(0)
    all.withUnsafeBytes { buffer in
      do throws(MultipartError) { result = .success(try consume(buffer, emit)) } catch {
        result = .failure(error)
      }
    }
    held = Array(all[try result.get()...])
  }

  /// - Throws: `MultipartError` where the body ended before its final boundary.
  func finish() throws(MultipartError) {
    guard isComplete else { throw MultipartError("the body ends before its final boundary") }
  }

  /// - Returns: how many bytes are done with.
  private mutating func consume(
    _ bytes: UnsafeRawBufferPointer, _ emit: (Event) throws(MultipartError) -> Void
  ) throws(MultipartError) -> Int {
    var position = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      switch state {
      case .preamble, .content:
        let found = Self.find(delimiter, in: rest)
        let safe = found ?? max(0, rest.count - delimiter.count + 1)
        if state == .content, safe > 0 {
          try emit(.data(UnsafeRawBufferPointer(rebasing: rest[..<safe])))
        }
        position += safe
        guard found != nil else { return position }
        position += delimiter.count
        if state == .content { try emit(.end) }
        state = .afterBoundary
      case .afterBoundary:
        guard let length = try afterBoundary(rest) else { return position }
        position += length
        if state == .epilogue { return bytes.count }
      case .headers:
        guard let (fields, length) = try headers(rest) else { return position }
        position += length
        parts += 1
        guard parts <= Self.maximumParts else {
          throw MultipartError("more than \(Self.maximumParts) parts")
        }
        try emit(.part(fields))
        state = .content
      case .epilogue: return bytes.count
      }
    }
  }

  /// What stands behind a boundary: `--` at the end of the body, else (after spaces) the end of the line.
  private mutating func afterBoundary(_ bytes: UnsafeRawBufferPointer) throws(MultipartError) -> Int? {
    if bytes.starts(with: [0x2D, 0x2D]) {
      state = .epilogue
      return 2
    }
    var index = 0
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
    guard index <= 256 else { throw MultipartError("a boundary is followed by something else") }
    if bytes.count - index < 2 {
      // Not enough to tell yet, unless the one byte there is tells.
      if index < bytes.count, bytes[index] != 0x0D, !(index == 0 && bytes[0] == 0x2D) {
        throw MultipartError("a boundary is followed by something else")
      }
      return nil
    }
    guard bytes[index] == 0x0D, bytes[index + 1] == 0x0A else {
      throw MultipartError("a boundary is followed by something else")
    }
    state = .headers
    return index + 2
  }

  /// The header fields of a part and how many bytes they take with the empty line; `nil`: not all there yet.
  private func headers(
    _ bytes: UnsafeRawBufferPointer
  ) throws(MultipartError) -> (fields: [String: String], length: Int)? {
    let text: UnsafeRawBufferPointer.SubSequence
    let length: Int
    if bytes.starts(with: [0x0D, 0x0A]) {
      (text, length) = (bytes[..<0], 2)
    } else if let end = Self.find([0x0D, 0x0A, 0x0D, 0x0A], in: bytes), end <= Self.maximumHeaderBytes {
      (text, length) = (bytes[..<end], end + 4)
    } else if bytes.count > Self.maximumHeaderBytes {
      throw MultipartError("a part's headers are longer than \(Self.maximumHeaderBytes) bytes")
    } else {
      return nil
    }
    var fields: [String: String] = [:]
    for line in String(decoding: text, as: UTF8.self).split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw MultipartError("a part has a header line without a name")
      }
      let name = line[..<colon].lowercased()
      guard fields[name] == nil else { throw MultipartError("a part has the header '\(name)' twice") }
      fields[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return (fields, length)
  }

  private static func find(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let first = needle.first else { return nil }
    return needle.withUnsafeBytes { needle in
      guard let start = needle.baseAddress else { return nil }
      var position = 0
      // The library looks for the first byte by vectors; what follows it is hardly ever a boundary.
      while bytes.count - position >= needle.count,
        let hit = memchr(base + position, Int32(first), bytes.count - position - needle.count + 1)
      {
        position = UnsafeRawPointer(hit) - base
        if memcmp(hit, start, needle.count) == 0 { return position }
        position += 1
      }
      return nil
    }
  }
}
