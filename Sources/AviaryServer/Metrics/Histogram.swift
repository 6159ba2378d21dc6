/// Counts of values by upper bounds, as Prometheus wants them: cumulative, with sum and count.
struct Histogram: Sendable {
  let bounds: [Double]
  private(set) var counts: [Int]
  private(set) var sum = 0.0
  private(set) var count = 0

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count)
  }

  /// From a quarter of a millisecond to half a minute.
  static let seconds: [Double] = [
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]
  static let sizes: [Double] = [1, 2, 4, 8, 16, 32, 64]

  mutating func add(_ value: Double) {
    sum += value
    count += 1
    if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
  }

  /// The lines of one series; `labels` is `name="value",...` or empty.
  func lines(_ name: String, labels: String) -> String {
    let comma = labels.isEmpty ? "" : ","
    let braces = labels.isEmpty ? "" : "{\(labels)}"
    var text = ""
    var total = 0
    for (bound, number) in zip(bounds, counts) {
      total += number
      text += "\(name)_bucket{\(labels)\(comma)le=\"\(bound)\"} \(total)\n"
    }
    text += "\(name)_bucket{\(labels)\(comma)le=\"+Inf\"} \(count)\n"
    return text + "\(name)_sum\(braces) \(sum)\n\(name)_count\(braces) \(count)\n"
  }
}
