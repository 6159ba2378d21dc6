import AviaryCore
import CSIMD

/// C = activation(A B + bias) with a constant B, in single precision, for any number of rows of A.
///
/// Few rows read B where the model has it, if its columns are contiguous there (a PyTorch Linear): each
/// weight comes from memory once and is not worth a copy. More rows use panels of B; rows of A are read in
/// place, or rounded into memory of the worker where the panels are bfloat16. The sums of an element do not
/// depend on the number of threads.
package struct DenseProduct: Sendable {
  package enum Weights: Sendable {
    /// N x K, row-major, in memory that outlives the kernel.
    case inPlace(UnsafeWeights)
    case panels(PanelMatrix)
  }

  /// Weights in the memory of a tensor that `owner` keeps alive; never written.
  package struct UnsafeWeights: @unchecked Sendable {
    package let base: UnsafePointer<Float>
    package let owner: Tensor

    package init(base: UnsafePointer<Float>, owner: Tensor) {
      self.base = base
      self.owner = owner
    }
  }

  /// Most rows of A that read the weights in place: from there on the products, not the memory, decide.
  package static let inPlaceRows = 8

  private let m: Int
  private let k: Int
  private let n: Int
  private let weights: Weights
  private let bias: AlignedFloats?
  private let activation: Activation
  private let kernels: TileKernels
  /// Where the factors are bfloat16.
  private let bf16: Bf16Kernels?
  private let lanes: Int
  private let rowBlock: Int
  private let rowBlocks: Int
  private let parts: Int
  private let steps: Offsets

  /// Rows whose inputs stay in a second-level cache while panels pass.
  private static let blockBytes = 640 << 10

  /// - Parameters:
  ///   - bias: one float a column.
  ///   - threads: how many may work; decides only how work is cut.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    m: Int, k: Int, n: Int, weights: Weights, bias: [Float]?, activation: Activation, threads: Int,
    kernels: TileKernels = .current, bf16: Bf16Kernels = .current
  ) throws(TensorError) {
    self.m = m
    self.k = k
    self.n = n
    self.weights = weights
    self.activation = activation
    self.kernels = kernels
    lanes = Int(kernels.table.lanes)
    if let bias {
      let padded = (n + 2 * lanes - 1) / (2 * lanes) * (2 * lanes)
      self.bias = try AlignedFloats(count: padded) { base in
        for (index, value) in bias.prefix(n).enumerated() { base[index] = value }
      }
    } else {
      self.bias = nil
    }
    let most = max(48, Self.blockBytes / max(4, k * 4))
    rowBlocks = max(1, (m + most - 1) / most)
    rowBlock = max(1, (m + rowBlocks - 1) / rowBlocks)
    let columns: Int
    switch weights {
    case .inPlace:
      columns = (n + 63) / 64
      self.bf16 = nil
    case .panels(let matrix):
      columns = matrix.panels
      self.bf16 = matrix.isNarrow ? bf16 : nil
    }
    let wanted = threads == 1 ? 1 : 8 * threads
    parts = max(1, min(columns, (wanted + rowBlocks - 1) / rowBlocks))
    steps = try Offsets([0])
  }

  /// Words of scratch memory for each thread.
  package var scratchFloats: Int { bf16 == nil ? 0 : rowBlock * Bf16Kernels.words(k) }

  /// - Parameters:
  ///   - a: m x k, row-major.
  ///   - c: m x n, row-major.
  ///   - scratch: `parallel.threads` times `scratchFloats`.
  package func run(
    a: UnsafePointer<Float>, c: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    parallel: any Parallel
  ) {
    guard m > 0, n > 0 else { return }
    let jobs = rowBlocks * parts
    let isSmall = Double(m) * Double(n) * Double(k) < 100_000
    parallel.forEach(jobs, grain: isSmall ? jobs : 1) { range, worker in
      let memory = scratch + worker * scratchFloats
      for job in range {
        // Jobs that follow each other share rows.
        let (block, part) = job.quotientAndRemainder(dividingBy: parts)
        let first = block * rowBlock
        let rows = min(rowBlock, m - first)
        switch weights {
        case .inPlace(let weights): runInPlace(a, c, weights, first: first, rows: rows, part: part)
        case .panels(let matrix):
          runPanels(a, c, matrix, first: first, rows: rows, part: part, scratch: memory)
        }
      }
    }
  }

  private func runInPlace(
    _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ weights: UnsafeWeights, first: Int, rows: Int,
    part: Int
  ) {
    // In multiples of four: the tile's rows of weights.
    let groups = (n + 3) / 4
    let start = groups * part / parts * 4
    let end = min(n, groups * (part + 1) / parts * 4)
    guard start < end else { return }
    let target = c + (first * n + start)
    kernels.table.dense_rows(
      weights.base + start * k, k, end - start, a + first * k, k, rows, k, target, n)
    guard bias != nil || activation != .none else { return }
    let epilogue = Epilogue(columnBias: bias.map { $0.base + start }, activation: activation)
    var part = epilogue.from(row: 0, column: 0)
    kernels.table.finish(target, n, target, n, rows, end - start, &part)
  }

  private func runPanels(
    _ a: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ matrix: PanelMatrix, first: Int, rows: Int,
    part: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let start = matrix.panels * part / parts
    let end = matrix.panels * (part + 1) / parts
    guard start < end else { return }
    let width = matrix.width
    let isBound: Bool
    var tile = aviary_pixel_tile(
      steps: steps.base, count: 1, run: matrix.depth, dst_pixel: n, dst_block: lanes, low: -.infinity, high: .infinity)
    switch activation.kind {
    case .none: isBound = true
    case .relu:
      tile.low = 0
      isBound = true
    case .clip:
      (tile.low, tile.high) = (activation.first, activation.second)
      isBound = true
    default: isBound = false
    }
    let words = Bf16Kernels.words(k)
    if let bf16 {
      for row in 0..<rows { bf16.table.narrow_row(scratch + row * words, a + (first + row) * k, k) }
    }
    for panel in start..<end {
      let column = panel * width
      let size = width * matrix.depth
      var target = aviary_pixel_target(
        dst: c + (first * n + column), residual: nil, bias: bias.map { $0.base + column }, scale: nil, shift: nil,
        channels: n - column, next: panel + 1 < end ? matrix.panel(panel + 1) : nil,
        next_floats: size)
      if let bf16 {
        bf16.table.pixel_strip(&tile, scratch, nil, words, rows, 2, matrix.panel(panel), &target)
      } else {
        kernels.table.pixel_strip(&tile, a + first * k, nil, k, rows, 2, matrix.panel(panel), &target)
      }
    }
    guard !isBound else { return }
    let column = start * width
    let target = c + (first * n + column)
    var epilogue = Epilogue(activation: activation).from(row: 0, column: 0)
    kernels.table.finish(target, n, target, n, rows, min(n, end * width) - column, &epilogue)
  }
}
