import AviaryEvaluation
import AviaryImage
import CAviaryPlugin

/// A data set that a plugin has opened; closed with the last sample of it.
///
/// Why `@unchecked Sendable` holds: as for `ForeignOperatorTable`.
final class ForeignDatasetSource: @unchecked Sendable {
  private static let maxNames: Int32 = 100_000

  private let table: AviaryDataset
  private let handle: UnsafeMutableRawPointer?
  let classes: [String]
  /// By the names that Aviary uses.
  let splits: [String]

  /// - Throws: `CallFailure` where the plugin cannot open it or says garbage about it.
  init(_ table: AviaryDataset, path: String) throws(CallFailure) {
    guard let open = table.open, let classCount = table.class_count, let className = table.class_name,
      let splitCount = table.split_count, let splitName = table.split_name
    else { throw .broken("the data set lacks functions") }
    guard !path.utf8.contains(0) else { throw .broken("a path has a NUL character") }
    var handle: UnsafeMutableRawPointer?
    try foreignCall("open") { message in path.withCString { open(table.`self`, $0, &handle, message) } }
    self.table = table
    self.handle = handle
    do throws(CallFailure) {
      classes = try Self.names("class", count: classCount(table.`self`, handle)) { [handle] in
        className(table.`self`, handle, $0)
      }
      splits = try Self.names("split", count: splitCount(table.`self`, handle)) { [handle] in
        splitName(table.`self`, handle, $0)
      }.map(DatasetSplit.canonical)
    } catch {
      // There is no object yet whose end would close it.
      table.close?(table.`self`, handle)
      throw error
    }
    guard Set(splits).count == splits.count else { throw .broken("two splits have the same name") }
  }

  deinit { table.close?(table.`self`, handle) }

  private static func names(
    _ what: String, count: Int32, _ name: (Int32) -> UnsafePointer<CChar>?
  ) throws(CallFailure) -> [String] {
    guard (1...maxNames).contains(count) else { throw .broken("\(what)_count is \(count)") }
    var names: [String] = []
    for index in 0..<count {
      let text = try foreignText(name(index), "the name of \(what) \(index)")
      guard !text.isEmpty else { throw .broken("the name of \(what) \(index) is empty") }
      names.append(text)
    }
    guard Set(names).count == names.count else { throw .broken("\(what)_name gives one name twice") }
    return names
  }

  /// - Throws: `CallFailure.broken` for a negative or absurd number.
  func sampleCount(split: Int32, limit: Int) throws(CallFailure) -> Int {
    guard let count = table.sample_count?(table.`self`, handle, split), count >= 0 else {
      throw .broken("sample_count is negative")
    }
    guard count <= limit else { throw .broken("sample_count is \(count); the limit is \(limit)") }
    return Int(count)
  }

  /// - Throws: `CallFailure`, also for a label that is none of the classes.
  func sample(split: Int32, _ index: Int) throws(CallFailure) -> (id: String, label: Int) {
    guard let function = table.sample else { throw .broken("it has no function 'sample'") }
    var sample = AviarySample()
    sample.size = foreignSize(AviarySample.self)
    sample.abi = UInt32(AVIARY_ABI)
    sample.label = -1
    try foreignCall("sample") { function(table.`self`, handle, split, Int64(index), &sample, $0) }
    let id = try foreignText(sample.id, "the id of sample \(index)")
    guard classes.indices.contains(Int(sample.label)) else {
      throw .broken("the label of sample \(index) is \(sample.label); there are \(classes.count) classes")
    }
    return (id, Int(sample.label))
  }

  /// - Throws: `CallFailure`.
  func image(split: Int32, _ index: Int, maxPixels: Int) throws(CallFailure) -> Image {
    guard let function = table.image else { throw .broken("it has no function 'image'") }
    return try ForeignImageHost.image("image", maxPixels: maxPixels) {
      function(table.`self`, handle, split, Int64(index), $0, $1)
    }
  }
}
