import AviaryEvaluation

/// RAF-DB as `train` and `test` with folders `1` to `7` and tables of labels.
struct RAFDBFolders {
  private let path: String
  private let root: SplitFolders
  private let options: DatasetOptions

  init(_ path: String, options: DatasetOptions) throws(DatasetError) {
    let inner = "\(path)/DATASET"
    self.path = path
    self.options = options
    root = try SplitFolders(FileTree.isFolder(inner) ? inner : path, options: options)
    guard !root.names.isEmpty else {
      throw .file(
        path: path,
        problem: "has neither train and test folders nor EmoLabel/list_patition_label.txt; is it RAF-DB?")
    }
  }

  var splits: [DatasetSplit] { root.names.map { DatasetSplit($0) } }

  func samples(_ split: DatasetSplit) throws(DatasetError) -> (samples: [Sample], skipped: [DatasetError]) {
    guard let folder = root.folders[split.name], let tree = try root.tree(split.name) else { return ([], []) }
    var skipped: [DatasetError] = []
    let places = ["\(path)/\(folder)_labels.csv", "\(root.path)/\(folder)_labels.csv"]
    let table = try places.first(where: FileTree.isFile).map { place throws(DatasetError) in
      try RAFDBTable(place, options: options)
    }
    skipped += table?.skipped ?? []
    if let table, tree.folders.isEmpty {
      return try join(tree.entries, table, prefix: "\(folder)/", skipped)
    }
    let found = try ClassFolders(
      tree, classes: RAFDB.classes, prefix: "\(folder)/", options: options,
      classOf: { RAFDB.index(ofNumber: $0) ?? ClassNames.index(of: $0, in: RAFDB.classes) })
    skipped += found.skipped
    guard let table else { return (found.samples, skipped) }
    return try check(found.samples, table, skipped)
  }

  /// Files without class folders get their labels from the table.
  private func join(
    _ entries: [FileTree.Entry], _ table: RAFDBTable, prefix: String, _ skipped: [DatasetError]
  ) throws(DatasetError) -> (samples: [Sample], skipped: [DatasetError]) {
    var rest = table.rows
    var samples: [Sample] = []
    var skipped = skipped
    for entry in entries {
      guard let row = rest.removeValue(forKey: entry.name) else {
        try refuse(unlisted(prefix + entry.path, table), &skipped)
        continue
      }
      samples.append(Sample(id: prefix + entry.path, label: row.label, content: entry.content))
    }
    try refuseMissing(rest, table, &skipped)
    return (samples, skipped)
  }

  /// Folder and table must agree.
  private func check(
    _ samples: [Sample], _ table: RAFDBTable, _ skipped: [DatasetError]
  ) throws(DatasetError) -> (samples: [Sample], skipped: [DatasetError]) {
    var rest = table.rows
    var kept: [Sample] = []
    var skipped = skipped
    for sample in samples {
      let name = sample.id.split(separator: "/").last.map(String.init) ?? sample.id
      guard let row = rest.removeValue(forKey: name) else {
        try refuse(unlisted(sample.id, table), &skipped)
        continue
      }
      guard row.label == sample.label else {
        let problem =
          "says \(row.label + 1) (\(RAFDB.classes[row.label])) of \(name), which lies in the folder of "
          + "\(sample.label + 1) (\(RAFDB.classes[sample.label]))"
        try refuse(.file(path: table.path, line: row.line, problem: problem), &skipped)
        continue
      }
      kept.append(sample)
    }
    try refuseMissing(rest, table, &skipped)
    return (kept, skipped)
  }

  private func unlisted(_ id: String, _ table: RAFDBTable) -> DatasetError {
    .file(path: "\(root.path)/\(id)", problem: "has no line in \(table.path)")
  }

  private func refuseMissing(
    _ rows: [String: RAFDBTable.Row], _ table: RAFDBTable, _ skipped: inout [DatasetError]
  ) throws(DatasetError) {
    for (name, row) in rows.sorted(by: { $0.value.line < $1.value.line }) {
      let problem = "names \(name), which is not there"
      try refuse(.file(path: table.path, line: row.line, problem: problem), &skipped)
    }
  }

  private func refuse(_ error: DatasetError, _ skipped: inout [DatasetError]) throws(DatasetError) {
    guard options.skipBad else { throw error }
    skipped.append(error)
  }
}
