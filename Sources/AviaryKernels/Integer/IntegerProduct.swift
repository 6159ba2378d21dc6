import AviaryCore
import CSIMD

/// Products of rows of bytes with packed 16-bit weights.
package struct IntegerProduct: Sendable {
  package let rows: Int
  package let k: Int
  package let n: Int
  private let kernels = TileKernels.current

  package init(rows: Int, k: Int, n: Int) {
    self.rows = rows
    self.k = k
    self.n = n
  }

  /// 16-bit numbers of a row, a whole number of pairs.
  private var row: Int { (k + 1) / 2 * 2 }
  /// Rows of a job: their sums stay in the first-level cache.
  private static let jobRows = 24

  /// 16-bit numbers of scratch memory for the rows; `nil` where that overflows.
  package var shortCount: Int? {
    let (count, overflow) = row.multipliedReportingOverflow(by: rows)
    return overflow || count > Int.max / 4 ? nil : count
  }
  /// 32-bit numbers of scratch memory for each thread.
  package static var sumCount: Int { jobRows * ShortPanels.width }

  /// Rows less their zero points, in 16 bits.
  ///
  /// - Parameter zeros: one, or one a row.
  package func widen(
    _ a: UnsafeRawPointer, isSigned: Bool, zeros: [Int32], _ shorts: UnsafeMutablePointer<Int16>,
    parallel: any Parallel
  ) {
    parallel.forEach(rows, grain: max(1, 16384 / max(1, k))) { range in
      for index in range {
        let zero = zeros.count == 1 ? zeros[0] : zeros[index]
        let to = shorts + index * row
        kernels.table.short_spread(
          to, 1, a.assumingMemoryBound(to: UInt8.self) + index * k, 1, k, isSigned ? 1 : 0, zero)
        if row > k { to[k] = 0 }
      }
    }
  }

  /// - Parameters:
  ///   - shorts: what `widen` made.
  ///   - factors: what scales of a row are multiplied with, for bytes; `nil` for 1.
  ///   - sums: `parallel.threads` times `sumCount`.
  package func run(
    _ shorts: UnsafePointer<Int16>, _ weights: ShortPanels, _ result: IntegerResult, factors: [Float]? = nil,
    sums: UnsafeMutablePointer<Int32>, parallel: any Parallel
  ) {
    guard rows > 0, n > 0 else { return }
    let blocks = (rows + Self.jobRows - 1) / Self.jobRows
    // Few rows are shared by panels.
    let parts = blocks >= 4 * parallel.threads ? 1 : min(weights.panels, 4)
    let offsets = (0..<rows).map { $0 * row }
    let work = min(rows, Self.jobRows) * max(1, k) * (n / parts + 1)
    parallel.forEach(blocks * parts, grain: max(1, 60_000 / work)) { range, worker in
      let sums = sums + worker * Self.sumCount
      for job in range {
        let (block, part) = job.quotientAndRemainder(dividingBy: parts)
        let first = block * Self.jobRows
        offsets.withUnsafeBufferPointer { offsets in
          guard let offsets = offsets.baseAddress else { return }
          for panel in part * weights.panels / parts..<(part + 1) * weights.panels / parts {
            compute(
              shorts, offsets + first, rows: min(Self.jobRows, rows - first), weights, panel, sums)
            store(sums, first, min(Self.jobRows, rows - first), panel, result, factors)
          }
        }
      }
    }
  }

  private func compute(
    _ shorts: UnsafePointer<Int16>, _ offsets: UnsafePointer<Int>, rows: Int, _ weights: ShortPanels, _ panel: Int,
    _ sums: UnsafeMutablePointer<Int32>
  ) {
    var start = 0
    withUnsafePointer(to: &start) { steps in
      var strip = aviary_short_strip(
        src: shorts, offsets: offsets, pixels: rows, steps: steps, count: weights.steps, pairs: weights.pairs)
      kernels.table.short_strip(&strip, weights.panel(panel), sums)
    }
  }

  private func store(
    _ sums: UnsafeMutablePointer<Int32>, _ first: Int, _ count: Int, _ panel: Int, _ result: IntegerResult,
    _ factors: [Float]?
  ) {
    let width = ShortPanels.width
    let column = panel * width
    let some = min(width, n - column)
    switch result {
    case .sums(let target):
      for r in 0..<count {
        (target.base + ((first + r) * n + column)).update(from: sums + r * width, count: some)
      }
    case .bytes(let target, let requantization):
      requantization.bias.withUnsafeBufferPointer { bias in
        requantization.scale.withUnsafeBufferPointer { scale in
          guard let bias = bias.baseAddress, let scale = scale.baseAddress else { return }
          let to = target.base + (first * n + column)
          guard let factors else {
            return kernels.table.short_finish(
              sums, count, some, bias + column, scale + column, requantization.zero, requantization.isSigned ? 1 : 0,
              to, 1, n)
          }
          for r in 0..<count {
            let own = (0..<width).map { requantization.factor(column + $0, factors[first + r]) }
            kernels.table.short_finish(
              sums + r * width, 1, some, bias + column, own, requantization.zero, requantization.isSigned ? 1 : 0,
              to + r * n, 1, n)
          }
        }
      }
    }
  }
}
