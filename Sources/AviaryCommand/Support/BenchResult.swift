import Aviary
import Foundation

/// Times of one benchmark.
struct BenchResult: Encodable {
  let loadMs: Double
  let firstMs: Double
  let minMs: Double
  let medianMs: Double
  let p90Ms: Double
  let p99Ms: Double
  let imagesPerS: Double
  let peakRSSMB: Double
  let gflopPerS: Double
  let runs: Int
  let batch: Int
  let threads: Int

  enum CodingKeys: String, CodingKey {
    case loadMs = "load_ms"
    case firstMs = "first_ms"
    case minMs = "min_ms"
    case medianMs = "median_ms"
    case p90Ms = "p90_ms"
    case p99Ms = "p99_ms"
    case imagesPerS = "images_per_s"
    case peakRSSMB = "peak_rss_mb"
    case gflopPerS = "gflop_per_s"
    case runs, batch, threads
  }

  /// - Parameter runs: at least one.
  init(load: Duration, first: Duration, runs: [Duration], batch: Int, multiplyAdds: Int, threads: Int) {
    let sorted = runs.map(\.milliseconds).sorted()
    func quantile(_ q: Double) -> Double {
      sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(q * Double(sorted.count)))]
    }
    loadMs = load.milliseconds
    firstMs = first.milliseconds
    minMs = quantile(0)
    medianMs = quantile(0.5)
    p90Ms = quantile(0.9)
    p99Ms = quantile(0.99)
    imagesPerS = medianMs > 0 ? Double(batch) / medianMs * 1e3 : 0
    gflopPerS = medianMs > 0 ? 2 * Double(multiplyAdds) / medianMs / 1e6 : 0
    peakRSSMB = Self.peakMegabytes
    self.runs = sorted.count
    self.batch = batch
    self.threads = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
  }

  private static var peakMegabytes: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  }

  var text: String {
    """
    load     \(fixed(loadMs, 2)) ms
    first    \(fixed(firstMs, 2)) ms
    run      \(fixed(medianMs, 3)) ms median of \(runs) \
    (min \(fixed(minMs, 3)), p90 \(fixed(p90Ms, 3)), p99 \(fixed(p99Ms, 3)))
    images   \(fixed(imagesPerS, 1)) /s at batch \(batch), \(threads) thread(s)
    speed    \(fixed(gflopPerS, 1)) GFLOP/s
    memory   \(fixed(peakRSSMB, 0)) MiB at the peak
    """
  }
}

/// The time of each node of one run.
struct BenchProfile: Encodable {
  struct Entry: Encodable {
    let node: String
    let op: String
    let ms: Double
  }

  let nodes: [Entry]

  init(_ timings: [NodeTiming]) {
    nodes = timings.map { Entry(node: $0.node.label, op: $0.node.id.name, ms: $0.duration.milliseconds) }
  }

  /// Operators by their share, then every node.
  var text: String {
    let total = max(nodes.reduce(0) { $0 + $1.ms }, 1e-9)
    let byOp = Dictionary(grouping: nodes, by: \.op).map { op, entries in
      (op: op, count: entries.count, ms: entries.reduce(0) { $0 + $1.ms })
    }.sorted { ($0.ms, $1.op) > ($1.ms, $0.op) }
    var ops = TextTable([("operator", .left), ("nodes", .right), ("ms", .right), ("share", .right)])
    for entry in byOp {
      ops.add([entry.op, "\(entry.count)", fixed(entry.ms, 3), "\(fixed(100 * entry.ms / total, 1)) %"])
    }
    var all = TextTable([("node", .left), ("operator", .left), ("ms", .right)])
    for entry in nodes { all.add([entry.node, entry.op, fixed(entry.ms, 3)]) }
    return ops.text + "\n\n" + all.text
  }
}

/// One flat object; the profile beside the times where it was asked for.
struct BenchOutput: Encodable {
  let result: BenchResult
  let profile: BenchProfile?

  private enum CodingKeys: String, CodingKey { case nodes }

  func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(profile?.nodes, forKey: .nodes)
  }
}
