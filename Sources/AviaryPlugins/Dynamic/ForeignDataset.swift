import AviaryEvaluation
import AviaryImage
import CAviaryPlugin

/// A kind of data set of a loaded plugin.
///
/// Why `@unchecked Sendable` holds: as for `ForeignOperatorTable`.
struct ForeignDataset: DatasetProvider, @unchecked Sendable {
  let kind: String
  let summary: String
  let plugin: String
  let table: AviaryDataset

  /// - Throws: `CallFailure.broken` for whatever is wrong with the table.
  init(_ table: AviaryDataset, plugin: String) throws(CallFailure) {
    kind = try foreignText(table.kind, "the kind of a data set")
    summary = try foreignText(table.summary, "the summary of data set '\(kind)'")
    try requireCallbacks(
      [
        "open": table.open != nil, "close": table.close != nil, "class_count": table.class_count != nil,
        "class_name": table.class_name != nil, "split_count": table.split_count != nil,
        "split_name": table.split_name != nil, "sample_count": table.sample_count != nil,
        "sample": table.sample != nil, "image": table.image != nil,
      ], "data set '\(kind)'")
    self.table = table
    self.plugin = plugin
  }

  func splits(path: String, options: DatasetOptions) throws(DatasetError) -> [DatasetSplit] {
    try reading(path) { () throws(CallFailure) in try source(path).splits.map { DatasetSplit($0) } }
  }

  func open(path: String, split: String, options: DatasetOptions) throws(DatasetError) -> Dataset {
    let source = try reading(path) { () throws(CallFailure) -> ForeignDatasetSource in try self.source(path) }
    let wanted = try checkedSplit(split, path: path, available: source.splits.map { DatasetSplit($0) })
    guard let number = source.splits.firstIndex(of: wanted.name).map({ Int32($0) }) else {
      throw .unknownSplit(split, dataset: "\(kind):\(path)", available: source.splits)
    }
    let count = try reading(path) { () throws(CallFailure) in
      try source.sampleCount(split: number, limit: options.maxEntries)
    }
    var samples: [Sample] = []
    var skipped: [DatasetError] = []
    for index in 0..<count {
      do throws(CallFailure) {
        let (id, label) = try source.sample(split: number, index)
        let content = ForeignSample(
          source: source, plugin: plugin, path: "\(path)/\(id)", split: number, index: index)
        samples.append(Sample(id: id, label: label, content: content))
      } catch {
        let problem = DatasetError.file(path: path, problem: "sample \(index): plugin '\(plugin)': \(error)")
        // Only what the plugin itself says of a sample can be left out; a broken plugin cannot.
        guard case .refused = error, options.skipBad else { throw problem }
        skipped.append(problem)
      }
    }
    return Dataset(
      kind: kind, path: path, split: wanted.name, classes: source.classes, samples: samples, skipped: skipped,
      options: options)
  }

  /// - Throws: `CallFailure`.
  func source(_ path: String) throws(CallFailure) -> ForeignDatasetSource {
    try ForeignDatasetSource(table, path: path)
  }

  private func reading<T>(_ path: String, _ body: () throws(CallFailure) -> T) throws(DatasetError) -> T {
    do throws(CallFailure) { return try body() } catch {
      throw .file(path: path, problem: "plugin '\(plugin)': \(error)")
    }
  }
}

/// The picture of a sample, asked of the plugin whenever it is needed.
private struct ForeignSample: SampleContent {
  let source: ForeignDatasetSource
  let plugin: String
  /// For messages: of the data set and the sample.
  let path: String
  let split: Int32
  let index: Int

  /// The plugin has no stored bytes to show: those of the decoded picture stand for them.
  func bytes() throws(DatasetError) -> [UInt8] {
    let image = try image(DecodeOptions())
    var bytes: [UInt8] = []
    for number in [image.width, image.height, image.channels] {
      withUnsafeBytes(of: UInt64(number).littleEndian) { bytes += $0 }
    }
    return bytes + image.samples
  }

  func image(_ options: DecodeOptions) throws(DatasetError) -> Image {
    do throws(CallFailure) {
      return try source.image(split: split, index, maxPixels: options.maxPixels)
    } catch {
      throw .file(path: path, problem: "plugin '\(plugin)': \(error)")
    }
  }
}
