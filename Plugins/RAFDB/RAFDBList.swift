import AviaryEvaluation

/// The original RAF-DB: one list of all pictures, whose names begin with `train_` or `test_`.
struct RAFDBList {
  private struct Row {
    let split: String
    let sample: Sample
  }

  private var rows: [Row] = []
  private(set) var skipped: [DatasetError] = []

  /// The folder that holds `EmoLabel` and `Image`, if it is this layout.
  static func find(_ path: String) -> String? {
    [path, "\(path)/basic"].first { FileTree.isFile("\($0)/EmoLabel/list_patition_label.txt") }
  }

  init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    let table = try RAFDBTable("\(path)/EmoLabel/list_patition_label.txt", options: options)
    skipped = table.skipped
    let folders = ["aligned", "original"].map { "\(path)/Image/\($0)" }.filter(FileTree.isFolder)
    guard let folder = folders.first else {
      throw .file(path: "\(path)/Image", problem: "has neither aligned nor original")
    }
    let tree = try FileTree(folder: folder, maxEntries: options.maxEntries)
    let place = folder.dropFirst(path.count + 1)
    let files = Dictionary(tree.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for name in table.names {
      guard let row = table.rows[name] else { continue }
      do throws(DatasetError) {
        rows.append(try Self.row(name, row, table.path, String(place), files))
      } catch {
        guard options.skipBad else { throw error }
        skipped.append(error)
      }
    }
  }

  private static func row(
    _ name: String, _ row: RAFDBTable.Row, _ list: String, _ place: String, _ files: [String: FileTree.Entry]
  ) throws(DatasetError) -> Row {
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    let ending = name.dropFirst(stem.count)
    // The list says train_00001.jpg of the picture train_00001_aligned.jpg.
    guard let file = files["\(stem)_aligned\(ending)"] ?? files[name] else {
      throw .file(path: list, line: row.line, problem: "names \(name), which is not in \(place)")
    }
    guard let split = ["train", "test"].first(where: { name.hasPrefix($0 + "_") }) else {
      throw .file(path: list, line: row.line, problem: "'\(name)' begins with neither train_ nor test_")
    }
    return Row(
      split: split, sample: Sample(id: "\(place)/\(file.path)", label: row.label, content: file.content))
  }

  var splits: [DatasetSplit] {
    ["train", "test"].filter { name in rows.contains { $0.split == name } }.map { DatasetSplit($0) }
  }

  func samples(_ split: DatasetSplit) -> [Sample] {
    rows.filter { $0.split == split.name }.map(\.sample)
  }
}
