import Foundation

/// The lines of a text file, read in pieces: a file of any size takes little memory.
public struct LineReader {
  public struct Line: Sendable {
    /// Counts from 1.
    public let number: Int
    /// Of the first byte, in the file.
    public let offset: Int
    /// Without the line's end (LF or CR LF) and a byte order mark.
    public let bytes: [UInt8]
  }

  private let file: ByteFile
  private let maxLine: Int
  private var offset = 0
  private var number = 0
  /// The piece of the file from which lines are being cut.
  private var piece: [UInt8] = []
  private var position = 0
  private static let pieceSize = 1 << 20

  /// - Parameter maxLine: longer lines are an error, so that a file without line ends does not fill the
  ///   memory.
  public init(_ file: ByteFile, maxLine: Int = 1 << 20) {
    self.file = file
    self.maxLine = maxLine
  }

  /// The next line, or `nil` at the end.
  public mutating func next() throws(DatasetError) -> Line? {
    number += 1
    var start = offset
    var bytes: [UInt8] = []
    while true {
      if position == piece.count {
        let unread = file.size - offset
        if unread == 0 { return bytes.isEmpty ? nil : line(bytes, start) }
        piece = try file.read(at: offset, count: min(unread, Self.pieceSize))
        position = 0
        if offset == 0, piece.starts(with: [0xEF, 0xBB, 0xBF]) {
          position = 3
          offset = 3
          start = 3
        }
      }
      let found = endOfLine()
      let end = found ?? piece.count
      guard bytes.count + end - position <= maxLine else {
        throw .file(
          path: file.path, line: number, problem: "has more than \(maxLine) bytes; is it a text file?")
      }
      bytes += piece[position..<end]
      let next = found.map { $0 + 1 } ?? end
      offset += next - position
      position = next
      if found != nil { return line(bytes, start) }
    }
  }

  private func endOfLine() -> Int? {
    piece.withUnsafeBytes { buffer -> Int? in
      guard let base = buffer.baseAddress,
        let found = memchr(base + position, 10, buffer.count - position)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  private func line(_ bytes: [UInt8], _ start: Int) -> Line {
    Line(number: number, offset: start, bytes: bytes.last == 13 ? bytes.dropLast() : bytes)
  }
}
