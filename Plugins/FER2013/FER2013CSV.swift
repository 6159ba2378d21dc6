import AviaryEvaluation
import AviaryImage

/// Kaggle's `fer2013.csv`: a header, then lines of a class number, 48 x 48 grey values, and the usage.
///
/// The file is read once in pieces for labels and usage; a line's pixels are read again when they are wanted.
struct FER2013CSV {
  private struct Row {
    let split: String
    let sample: Sample
  }

  private var rows: [Row] = []
  private(set) var skipped: [DatasetError] = []
  private(set) var splits: Set<String> = []

  /// Positions of the columns, which come in two orders.
  private struct Columns {
    let emotion: Int
    let pixels: Int
    /// `nil`: a table of training images only.
    let usage: Int?

    init(_ header: [UInt8], path: String) throws(DatasetError) {
      let names = (CSV.texts(header) ?? []).map { $0.lowercased() }
      guard let emotion = names.firstIndex(of: "emotion"), let pixels = names.firstIndex(of: "pixels") else {
        throw .file(path: path, line: 1, problem: "needs the columns emotion, pixels and Usage")
      }
      self.emotion = emotion
      self.pixels = pixels
      usage = names.firstIndex(of: "usage")
    }
  }

  init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    let file = try ByteFile(path)
    var lines = LineReader(file)
    guard let header = try lines.next() else { throw .file(path: path, problem: "is empty") }
    let columns = try Columns(header.bytes, path: path)
    while let line = try lines.next() {
      if line.bytes.isEmpty { continue }
      guard rows.count < options.maxEntries else {
        throw .file(path: path, problem: "has more than \(options.maxEntries) lines")
      }
      do throws(DatasetError) {
        let row = try Self.row(line, columns, file)
        rows.append(row)
        splits.insert(row.split)
      } catch {
        guard options.skipBad else { throw error }
        skipped.append(error)
      }
    }
  }

  private static func row(
    _ line: LineReader.Line, _ columns: Columns, _ file: ByteFile
  ) throws(DatasetError) -> Row {
    func failure(_ problem: String) -> DatasetError {
      .file(path: file.path, line: line.number, problem: problem)
    }
    guard let fields = CSV.fields(line.bytes) else { throw failure("a quote is not closed") }
    let needed = max(columns.emotion, columns.pixels, columns.usage ?? 0) + 1
    guard fields.count >= needed else { throw failure("has \(fields.count) fields, needs \(needed)") }
    let emotion = String(decoding: fields[columns.emotion], as: UTF8.self)
    guard emotion.utf8.count <= 2, let label = Int(emotion), FER2013.classes.indices.contains(label) else {
      throw failure("emotion '\(emotion.prefix(20))' is not 0 to \(FER2013.classes.count - 1)")
    }
    var split = "train"
    if let column = columns.usage {
      let usage = String(decoding: fields[column], as: UTF8.self)
      split = DatasetSplit.canonical(usage)
      guard ["train", "public", "private"].contains(split) else {
        throw failure("usage '\(usage.prefix(20))' is not Training, PublicTest or PrivateTest")
      }
    }
    let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
    let content = FER2013Row(
      file: file, line: line.number, offset: line.offset, count: line.bytes.count, column: columns.pixels)
    return Row(split: split, sample: Sample(id: "\(name):\(line.number)", label: label, content: content))
  }

  func samples(_ split: DatasetSplit) -> [Sample] {
    let wanted = split.parts.isEmpty ? [split.name] : split.parts
    return rows.filter { wanted.contains($0.split) }.map(\.sample)
  }
}

/// The pixels of one line.
private struct FER2013Row: SampleContent {
  static let side = 48

  let file: ByteFile
  let line: Int
  let offset: Int
  let count: Int
  let column: Int

  func bytes() throws(DatasetError) -> [UInt8] {
    let line = try file.read(at: offset, count: count)
    guard let fields = CSV.fields(line), fields.indices.contains(column) else {
      throw .file(path: file.path, line: self.line, problem: "has changed since it was first read")
    }
    return Array(fields[column])
  }

  func image(_: DecodeOptions) throws(DatasetError) -> Image {
    let text = try bytes()
    let expected = Self.side * Self.side
    var pixels: [UInt8] = []
    pixels.reserveCapacity(expected)
    var extra = 0
    for word in text.split(separator: 32) {
      var value = 0
      for digit in word {
        guard (48...57).contains(digit), word.count <= 3 else { throw failure(pixel: word) }
        value = value * 10 + Int(digit - 48)
      }
      guard value <= 255 else { throw failure(pixel: word) }
      if pixels.count < expected { pixels.append(UInt8(value)) } else { extra += 1 }
    }
    guard extra == 0, let image = Image(width: Self.side, height: Self.side, color: .grey, samples: pixels)
    else {
      throw .file(
        path: file.path, line: line,
        problem: "has \(pixels.count + extra) pixel values, needs \(expected) (\(Self.side) x \(Self.side))")
    }
    return image
  }

  private func failure(pixel word: ArraySlice<UInt8>) -> DatasetError {
    let text = String(decoding: word.prefix(20), as: UTF8.self)
    return .file(path: file.path, line: line, problem: "pixel value '\(text)' is not 0 to 255")
  }
}
