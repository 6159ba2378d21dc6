import AviaryCore
import CSIMD

/// What the processor's multiply-add units give at most, measured: the measure of kernels in a profile.
package enum PeakSpeed {
  /// Single-precision GFLOP/s of so many threads together, with the instruction set that the kernels use
  /// (`AVIARY_ISA` is respected). Multiply-adds on registers alone, two operations each; the best of some
  /// short rounds, about a tenth of a second in all.
  package static func singlePrecision(threads: Int) -> Double {
    singlePrecision(threads: threads, set: TileKernels.current.name)
  }

  /// The same for a named set; 0 where the processor lacks it.
  package static func singlePrecision(threads: Int, set: String) -> Double {
    let pool = ThreadPool.shared(threads: threads)
    // Chunks of about a tenth of a millisecond, enough of them that all threads end together.
    let (chunks, rounds, attempts) = (pool.threads * 64, 20_000, 8)
    var best = 0.0
    let clock = ContinuousClock()
    for _ in 0..<attempts {
      let start = clock.now
      pool.forEach(chunks, grain: 1) { range in
        for _ in range { _ = aviary_peak_run(set, rounds) }
      }
      let seconds = (clock.now - start) / .seconds(1)
      let operations = Double(chunks) * aviary_peak_run(set, 1) * Double(rounds)
      if seconds > 0 { best = max(best, operations / seconds / 1e9) }
    }
    return best
  }
}
