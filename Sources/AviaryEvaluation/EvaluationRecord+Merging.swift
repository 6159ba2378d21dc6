extension EvaluationRecord {
  /// One record of all samples of several, which must be of the same model, data and classes and must not
  /// share a sample. The order of the parts does not matter.
  ///
  /// - Throws: `EvaluationError.records` naming what differs.
  public static func merging(_ records: [EvaluationRecord]) throws(EvaluationError) -> EvaluationRecord {
    guard var merged = records.first else { throw .records("there are no records to merge") }
    for record in records.dropFirst() {
      guard record.model == merged.model else {
        throw .records("the records are of different models: \(merged.model.id) and \(record.model.id)")
      }
      guard record.data == merged.data, record.classes == merged.classes else {
        throw .records(
          "the records are of different data: \(merged.data.kind) \(merged.data.split) "
            + "and \(record.data.kind) \(record.data.split)")
      }
      merged.samples += record.samples
      merged.skipped += record.skipped
      merged.run.seconds += record.run.seconds
      merged.run.started = min(merged.run.started, record.run.started)
    }
    merged.samples.sort { $0.index < $1.index }
    // What has no position is left out of every part alike.
    var known: Set<Skipped> = []
    merged.skipped = merged.skipped.filter { $0.index != nil || known.insert($0).inserted }
    merged.skipped.sort { ($0.index ?? -1) < ($1.index ?? -1) }
    var seen: Set<Int> = []
    for index in merged.samples.map(\.index) + merged.skipped.compactMap(\.index)
    where !seen.insert(index).inserted {
      throw .records("sample \(index) is in more than one record")
    }
    return merged
  }
}
