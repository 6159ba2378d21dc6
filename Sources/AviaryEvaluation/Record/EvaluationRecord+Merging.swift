extension EvaluationRecord {
  /// One record of all samples of several, which must be of the same model, data and classes and must not
  /// share a sample. The order of the parts does not matter.
  ///
  /// Shards must be all there; what they give is what one run gives, but for `run`.
  ///
  /// - Parameter partial: put up with missing shards.
  /// - Throws: `EvaluationError.records` naming what differs or is missing.
  public static func merging(
    _ records: [EvaluationRecord], partial: Bool = false
  ) throws(EvaluationError) -> EvaluationRecord {
    // A part without samples cannot know what kind the model's output is.
    guard var merged = records.first(where: { !$0.samples.isEmpty }) ?? records.first else {
      throw .records("there are no records to merge")
    }
    for record in records { try merged.check(isOfSameEvaluationAs: record) }
    merged.samples = records.flatMap(\.samples).sorted { $0.index < $1.index }
    // What has no position is left out of every part alike.
    var known: Set<Skipped> = []
    merged.skipped = records.flatMap(\.skipped).filter { $0.index != nil || known.insert($0).inserted }
    merged.skipped.sort { ($0.index ?? -1) < ($1.index ?? -1) }
    var seen: Set<Int> = []
    for index in merged.samples.map(\.index) + merged.skipped.compactMap(\.index)
    where !seen.insert(index).inserted {
      throw .records("sample \(index) is in more than one record")
    }
    try merged.joinShards(of: records, partial: partial)
    merged.joinRuns(of: records)
    return merged
  }

  private func check(isOfSameEvaluationAs other: EvaluationRecord) throws(EvaluationError) {
    var model = other.model
    if other.samples.isEmpty { model.outputKind = self.model.outputKind }
    guard model == self.model else {
      let names = [self.model, other.model].map { "\($0.id) (\($0.sha256.prefix(12)))" }
      throw .records(
        "the records are of different models or of one that is fed or computed differently: "
          + names.joined(separator: " and "))
    }
    guard other.data == data, other.classes == classes else {
      throw .records(
        "the records are of different data: \(data.kind) \(data.split) and \(other.data.kind) \(other.data.split)"
      )
    }
    guard other.software == software else {
      throw .records(
        "the records are of different versions of Aviary: \(software ?? "unknown") and "
          + (other.software ?? "unknown"))
    }
  }

  private mutating func joinShards(of records: [EvaluationRecord], partial: Bool) throws(EvaluationError) {
    let shards = records.compactMap(\.shard)
    shard = nil
    guard let count = shards.first?.count else { return }
    guard shards.count == records.count, shards.allSatisfy({ $0.count == count }) else {
      throw .records("the records are not shards of one evaluation; each must be i/\(count)")
    }
    if let twice = shards.map(\.index).firstDuplicate {
      throw .records("shard \(twice)/\(count) is there twice")
    }
    let missing = Set(1...max(1, count)).subtracting(shards.map(\.index)).sorted()
    guard missing.isEmpty || partial else {
      let list = missing.prefix(20).map { "\($0)/\(count)" }.joined(separator: ", ")
      throw .records("shards are missing: \(list)\(missing.count > 20 ? ", ..." : "")")
    }
  }

  private mutating func joinRuns(of records: [EvaluationRecord]) {
    run.seconds = records.reduce(0) { $0 + $1.run.seconds }
    run.started = records.map(\.run.started).min() ?? run.started
    run.cost = records.lazy.compactMap(\.run.cost).first
    let latencies = records.compactMap(\.run.latency)
    guard latencies.count == records.count, var all = latencies.first else {
      run.latency = nil
      return
    }
    all.samples = latencies.flatMap(\.samples)
    all.milliseconds = latencies.flatMap(\.milliseconds)
    run.latency = all
  }
}

extension [Int] {
  fileprivate var firstDuplicate: Int? {
    var seen: Set<Int> = []
    return first { !seen.insert($0).inserted }
  }
}
