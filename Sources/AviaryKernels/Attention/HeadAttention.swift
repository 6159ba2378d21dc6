import AviaryCore
import CSIMD

/// Attention of heads that stand side by side: `softmax(Q K' * scale + mask) V`, in single precision.
///
/// Every job takes a block of queries of one head: scores exist for that block only, the softmax runs over
/// them in place, and the product with V goes straight to the output. Keys and values of a head are packed
/// once per job.
package struct HeadAttention: Sendable {
  /// Rows of heads in memory: batch entry b, position i, head h begins at `offset + b * batchStep +
  /// i * rowStep + h * headStep`; the numbers of a head are neighbours.
  package struct Rows: Sendable {
    package let offset: Int
    package let batchStep: Int
    package let rowStep: Int
    package let headStep: Int

    package init(offset: Int, batchStep: Int, rowStep: Int, headStep: Int) {
      self.offset = offset
      self.batchStep = batchStep
      self.rowStep = rowStep
      self.headStep = headStep
    }

    func start(_ b: Int, _ h: Int, _ i: Int) -> Int {
      offset + b * batchStep + h * headStep + i * rowStep
    }
  }

  /// What is added to scores: element (b, h, i, j) at the sum of the steps times these; steps of 0 repeat.
  package struct Mask: Sendable {
    package let batchStep: Int
    package let headStep: Int
    package let rowStep: Int
    /// 1, or 0 where one number serves all keys.
    package let keyStep: Int

    package init(batchStep: Int, headStep: Int, rowStep: Int, keyStep: Int) {
      self.batchStep = batchStep
      self.headStep = headStep
      self.rowStep = rowStep
      self.keyStep = keyStep
    }
  }

  package let batch: Int
  package let heads: Int
  package let queryCount: Int
  package let keyCount: Int
  package let headSize: Int
  package let valueSize: Int
  package let scale: Float
  package let queries: Rows
  package let keys: Rows
  package let values: Rows
  package let output: Rows
  package let mask: Mask?
  private let kernels: TileKernels

  package init(
    batch: Int, heads: Int, queryCount: Int, keyCount: Int, headSize: Int, valueSize: Int, scale: Float,
    queries: Rows, keys: Rows, values: Rows, output: Rows, mask: Mask?, kernels: TileKernels = .current
  ) {
    self.batch = batch
    self.heads = heads
    self.queryCount = queryCount
    self.keyCount = keyCount
    self.headSize = headSize
    self.valueSize = valueSize
    self.scale = scale
    self.queries = queries
    self.keys = keys
    self.values = values
    self.output = output
    self.mask = mask
    self.kernels = kernels
  }

  // MARK: Sizes

  private func padded(_ count: Int) -> Int {
    (count + kernels.columns - 1) / kernels.columns * kernels.columns
  }

  /// Queries of a block: a few tiles, and few enough for their scores to stay in the second-level cache.
  private var blockRows: Int {
    let fitting = 65536 / max(1, padded(keyCount))
    return min(queryCount, max(1, min(4, fitting / kernels.rows)) * kernels.rows)
  }

  /// Floats of scratch memory that one thread needs: packed keys and values, and for a block packed queries
  /// and scores. `nil` where that overflows.
  package var scratchSize: Int? {
    var total = 0
    for (rows, columns) in [
      (headSize, padded(keyCount)), (keyCount, padded(valueSize)), (blockRows, headSize),
      (blockRows, padded(keyCount)),
    ] {
      let (floats, overflow) = rows.multipliedReportingOverflow(by: columns)
      let (sum, overflows) = total.addingReportingOverflow(floats)
      guard !overflow, !overflows, sum < Int.max / 64 else { return nil }
      total = sum
    }
    // Whole cache lines, so that the next thread's part begins on one.
    return (total + 15) & ~15
  }

  // MARK: Running

  /// - Parameter scratch: `parallel.threads` times `scratchSize` floats.
  package func run(
    q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>,
    mask: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    parallel: any Parallel
  ) {
    guard queryCount > 0, keyCount > 0, batch > 0, heads > 0, let size = scratchSize else { return }
    let blocks = (queryCount + blockRows - 1) / blockRows
    // Several jobs a head only where there are few heads: each packs the head's keys and values again.
    let parts = min(blocks, max(1, 2 * parallel.threads / (batch * heads)))
    parallel.forEach(batch * heads * parts, grain: 1) { range, worker in
      let memory = scratch + worker * size
      for job in range {
        let (head, part) = job.quotientAndRemainder(dividingBy: parts)
        let (b, h) = head.quotientAndRemainder(dividingBy: heads)
        let first = part * blocks / parts * blockRows
        let rows = first..<min(queryCount, (part + 1) * blocks / parts * blockRows)
        runHead(b, h, rows, q, k, v, mask, y, memory)
      }
    }
  }

  private func runHead(
    _ b: Int, _ h: Int, _ rows: Range<Int>, _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>,
    _ v: UnsafePointer<Float>, _ mask: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table
    let width = kernels.columns
    let keysPadded = padded(keyCount)
    let packedKeys = memory
    let packedValues = packedKeys + headSize * keysPadded
    let packedQueries = packedValues + keyCount * padded(valueSize)
    let scores = packedQueries + blockRows * headSize
    let keyStart = k + keys.start(b, h, 0)
    for first in stride(from: 0, to: keyCount, by: width) {
      table.pack_cols(
        packedKeys + first * headSize, keyStart + first * keys.rowStep, 1, keys.rowStep,
        min(width, keyCount - first), headSize)
    }
    let valueStart = v + values.start(b, h, 0)
    for first in stride(from: 0, to: valueSize, by: width) {
      table.pack_cols(
        packedValues + first * keyCount, valueStart + first, values.rowStep, 1, min(width, valueSize - first),
        keyCount)
    }
    for start in stride(from: rows.lowerBound, to: rows.upperBound, by: blockRows) {
      let count = min(blockRows, rows.upperBound - start)
      let panels = RowPanels(rows: count, tileRows: kernels.rows)
      for panel in 0..<panels.count {
        let (row, height) = (panels.start(panel), panels.height(panel))
        table.pack_rows(
          packedQueries + row * headSize, q + queries.start(b, h, start + row), queries.rowStep, 1, height,
          headSize)
      }
      for first in stride(from: 0, to: keyCount, by: width) {
        for panel in 0..<panels.count {
          let (row, height) = (panels.start(panel), panels.height(panel))
          // Whole tiles: what lies beyond the keys is never read.
          table.tile(
            headSize, packedQueries + row * headSize, 1, height, packedKeys + first * headSize, width,
            scores + row * keysPadded + first, keysPadded, height, width, 0)
        }
      }
      for i in 0..<count {
        softmax(b, h, start + i, scores + i * keysPadded, mask)
      }
      multiplyValues(b, h, start, panels, scores, packedValues, y)
    }
  }

  /// One row of scores becomes weights.
  private func softmax(
    _ b: Int, _ h: Int, _ i: Int, _ row: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<Float>?
  ) {
    let table = kernels.table
    let sum: Float
    if let mask, let layout = self.mask {
      let values = mask + (b * layout.batchStep + h * layout.headStep + i * layout.rowStep)
      if layout.keyStep == 0 {
        for j in 0..<keyCount { row[j] = row[j] * scale + values[0] }
        sum = table.exp_sum(row, row, nil, 1, keyCount)
      } else {
        sum = table.exp_sum(row, row, values, scale, keyCount)
      }
    } else {
      sum = table.exp_sum(row, row, nil, scale, keyCount)
    }
    table.scale_row(row, row, 1 / sum, keyCount)
  }

  private func multiplyValues(
    _ b: Int, _ h: Int, _ start: Int, _ panels: RowPanels, _ weights: UnsafePointer<Float>,
    _ packedValues: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    let width = kernels.columns
    let keysPadded = padded(keyCount)
    for first in stride(from: 0, to: valueSize, by: width) {
      let panelBase = packedValues + first * keyCount
      for depth in stride(from: 0, to: keyCount, by: TileKernels.depth) {
        for panel in 0..<panels.count {
          let (row, height) = (panels.start(panel), panels.height(panel))
          kernels.table.tile(
            min(TileKernels.depth, keyCount - depth), weights + row * keysPadded + depth, keysPadded, 1,
            panelBase + depth * width, width, y + output.start(b, h, start + row) + first, output.rowStep,
            height, min(width, valueSize - first), depth == 0 ? 0 : 1)
        }
      }
    }
  }
}
