import AviaryEvaluation

/// A table of file names and labels 1 to 7: CSV with the columns image and label, or lines `name label`.
struct RAFDBTable {
  struct Row {
    /// Index into `RAFDB.classes`.
    let label: Int
    let line: Int
  }

  let path: String
  private(set) var rows: [String: Row] = [:]
  /// In the order of the file.
  private(set) var names: [String] = []
  private(set) var skipped: [DatasetError] = []

  init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    self.path = path
    var lines = LineReader(try ByteFile(path))
    var columns: (image: Int, label: Int)?
    let isCSV = path.lowercased().hasSuffix(".csv")
    while let line = try lines.next() {
      if line.bytes.isEmpty { continue }
      guard names.count < options.maxEntries else {
        throw .file(path: path, problem: "has more than \(options.maxEntries) lines")
      }
      do throws(DatasetError) {
        let fields = try Self.fields(line, isCSV, path)
        if isCSV && columns == nil {
          let header = fields.map { $0.lowercased() }
          guard let image = header.firstIndex(of: "image"), let label = header.firstIndex(of: "label") else {
            throw .file(path: path, line: line.number, problem: "needs the columns image and label")
          }
          columns = (image, label)
          continue
        }
        try add(fields, columns ?? (0, 1), line.number)
      } catch {
        guard options.skipBad, !isCSV || columns != nil else { throw error }
        skipped.append(error)
      }
    }
  }

  private static func fields(
    _ line: LineReader.Line, _ isCSV: Bool, _ path: String
  ) throws(DatasetError) -> [String] {
    guard isCSV else {
      return String(decoding: line.bytes, as: UTF8.self).split { $0 == " " || $0 == "\t" }.map(String.init)
    }
    guard let fields = CSV.texts(line.bytes) else {
      throw .file(path: path, line: line.number, problem: "a quote is not closed")
    }
    return fields
  }

  private mutating func add(
    _ fields: [String], _ columns: (image: Int, label: Int), _ line: Int
  ) throws(DatasetError) {
    guard fields.count > max(columns.image, columns.label) else {
      throw .file(
        path: path, line: line, problem: "has \(fields.count) fields, needs a file name and a label")
    }
    let name = fields[columns.image], text = fields[columns.label]
    guard let label = RAFDB.index(ofNumber: text) else {
      throw .file(
        path: path, line: line, problem: "label '\(text.prefix(20))' is not 1 to \(RAFDB.classes.count)")
    }
    guard let other = rows.updateValue(Row(label: label, line: line), forKey: name) else {
      return names.append(name)
    }
    rows[name] = other
    throw .file(path: path, line: line, problem: "names \(name) again, after line \(other.line)")
  }
}
