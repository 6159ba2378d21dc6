/// Faces that wait for one model, whichever requests they belong to. Guarded by the pool that it is in.
struct ModelQueue {
  /// One face, preprocessed.
  struct Item: Sendable {
    let input: [Float]
    let arrived: ContinuousClock.Instant
    /// Takes the probabilities (or why there are none) and the milliseconds of the run they come from.
    let deliver: @Sendable (Result<[Float], any Error>, Double) -> Void
  }

  let model: ServedModel
  private var items: [Item] = []
  private var first = 0

  init(_ model: ServedModel) { self.model = model }

  var count: Int { items.count - first }
  var oldest: ContinuousClock.Instant? { first < items.count ? items[first].arrived : nil }

  mutating func append(contentsOf new: [Item]) { items += new }

  /// The next batch. Its size is a power of two, so that a session meets few sizes and keeps a plan for each.
  mutating func take(maximum: Int) -> [Item] {
    var size = 1
    while size * 2 <= min(count, maximum) { size *= 2 }
    let batch = Array(items[first..<min(items.count, first + size)])
    first += batch.count
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 256 {
      items.removeFirst(first)
      first = 0
    }
    return batch
  }
}
