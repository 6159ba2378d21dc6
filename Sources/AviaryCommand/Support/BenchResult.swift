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
  let precision: Precision
  /// Of every run, ascending, where they were asked for.
  var timesMs: [Double]?

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
    case timesMs = "times_ms"
    case runs, batch, threads, precision
  }

  /// - Parameter runs: at least one.
  init(
    load: Duration, first: Duration, runs: [Duration], batch: Int, multiplyAdds: Int, session: SessionFlags,
    keepsTimes: Bool = false
  ) {
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
    timesMs = keepsTimes ? sorted : nil
    self.batch = batch
    threads = session.threads > 0 ? session.threads : ProcessInfo.processInfo.activeProcessorCount
    precision = session.precision
  }

  /// Of this process's own memory: what `getrusage` says begins with that of the process that started it.
  private static var peakMegabytes: Double {
    let status = FileManager.default.contents(atPath: "/proc/self/status") ?? Data()
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let fields = line?.split(whereSeparator: \.isWhitespace) ?? []
    if fields.count > 1, let kibibytes = Double(fields[1]) { return kibibytes / 1024 }
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
    images   \(fixed(imagesPerS, 1)) /s at batch \(batch), \(threads) thread(s), \(precision.rawValue)
    speed    \(fixed(gflopPerS, 1)) GFLOP/s
    memory   \(fixed(peakRSSMB, 0)) MiB at the peak
    """
  }
}

/// One flat object; profile and explanation beside the times where they were asked for.
struct BenchOutput: Encodable {
  let result: BenchResult
  let profile: BenchProfile?
  let explanation: Explanation?

  func encode(to encoder: any Encoder) throws {
    try result.encode(to: encoder)
    try profile?.encode(to: encoder)
    try explanation?.encode(to: encoder)
  }
}
