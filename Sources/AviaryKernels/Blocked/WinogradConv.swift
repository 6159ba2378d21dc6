import AviaryCore
import CSIMD

/// Convolution 3 x 3 with stride 1 by Winograd's F(m x m, 3 x 3) on blocked layout: tiles of the image are
/// transformed, multiplied point by point with transformed weights, and transformed back.
///
/// With many tiles each thread takes a group of them through all three steps, so that nothing leaves its
/// cache. With few, all threads do one step after the other, so that the weights are read only once. Sums
/// are the same either way.
package struct WinogradConv: Sendable {
  package let conv: PlaneConv
  private let weights: WinogradWeights
  private let epilogue: ChannelEpilogue
  private let kernels: TileKernels
  private let lanes: Int
  /// Outputs of a tile along an axis, and points of a transformed tile.
  private let tile: Int
  private let points: Int
  private let tileRows: Int
  private let tileColumns: Int
  /// Tiles that go through the steps together.
  private let group: Int
  private let isPhased: Bool
  /// Floats between the planes of transformed inputs, and of sums.
  private let inputPoint: Int
  private let outputPoint: Int
  private let steps: Offsets

  /// Bytes of transformed inputs and sums that one thread may keep in its second-level cache.
  private static let groupBytes = 640 << 10

  /// - Parameter threads: how many may work; decides only how work is cut.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ conv: PlaneConv, weights: WinogradWeights, epilogue: ChannelEpilogue, threads: Int,
    kernels: TileKernels = .current
  ) throws(TensorError) {
    self.conv = conv
    self.weights = weights
    self.epilogue = epilogue
    self.kernels = kernels
    let lanes = Int(kernels.table.lanes)
    self.lanes = lanes
    let tile = weights.tile
    self.tile = tile
    points = (tile + 2) * (tile + 2)
    tileRows = (conv.rows.output + tile - 1) / tile
    tileColumns = (conv.columns.output + tile - 1) / tile
    let tiles = conv.batch * tileRows * tileColumns
    let tileBytes = points * (weights.inputBlocks + weights.outputBlocks) * lanes * 4
    let fitting = min(96, max(24, Self.groupBytes / max(1, tileBytes)))
    var groups = (tiles + fitting - 1) / fitting
    // Each thread the same part of the image, as in the convolutions around this one.
    if groups >= 2 * threads { groups = (groups + threads - 1) / threads * threads }
    // A group for each thread at least, else the threads share each step.
    isPhased = threads > 1 && groups < 2 * threads
    group = isPhased ? tiles : (tiles + groups - 1) / groups
    // An odd number of cache lines apart, or the points of a tile would crowd into a few sets of the
    // first-level cache (writing them took twice as long).
    func spaced(_ floats: Int) -> Int { ((floats + 15) / 16 | 1) * 16 }
    inputPoint = spaced(weights.inputBlocks * group * lanes)
    outputPoint = spaced(weights.outputBlocks * group * lanes)
    steps = try Offsets((0..<weights.inputBlocks).map { [group] in $0 * group * lanes })
  }

  /// Floats of scratch memory that all threads need together.
  package func scratchFloats(threads: Int) -> Int {
    points * (inputPoint + outputPoint) * (isPhased ? 1 : threads)
  }

  private var tiles: Int { conv.batch * tileRows * tileColumns }

  /// - Parameters: as `PixelConv.run`, scratch of `scratchFloats(threads: parallel.threads)`.
  package func run(
    x: UnsafePointer<Float>, residual: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    if isPhased {
      let (inputs, sums) = (scratch, scratch + points * inputPoint)
      let rows = conv.batch * tileRows
      // A job is a row of tiles of one block of channels.
      parallel.forEach(weights.inputBlocks * rows, grain: 1) { range, _ in
        for job in range {
          let (block, row) = job.quotientAndRemainder(dividingBy: rows)
          let first = row * tileColumns
          transformInputs(x, block: block, tiles: first..<first + tileColumns, base: 0, into: inputs)
        }
      }
      parallel.forEach(points * weights.panels, grain: 1) { range, _ in
        for job in range {
          let (point, panel) = job.quotientAndRemainder(dividingBy: weights.panels)
          multiply(inputs, point: point, panel: panel, tiles: tiles, into: sums)
        }
      }
      parallel.forEach(weights.outputBlocks * rows, grain: 1) { range, _ in
        for job in range {
          let (block, row) = job.quotientAndRemainder(dividingBy: rows)
          let first = row * tileColumns
          transformSums(
            UnsafePointer(sums), block: block, tiles: first..<first + tileColumns, base: 0, residual, y)
        }
      }
      return
    }
    let groups = (tiles + group - 1) / group
    let size = points * (inputPoint + outputPoint)
    parallel.forEach(groups, grain: 1) { range, worker in
      let inputs = scratch + worker * size
      let sums = inputs + points * inputPoint
      for index in range {
        let part = index * group..<min(tiles, (index + 1) * group)
        for block in 0..<weights.inputBlocks {
          transformInputs(x, block: block, tiles: part, base: part.lowerBound, into: inputs)
        }
        for point in 0..<points {
          for panel in 0..<weights.panels {
            multiply(inputs, point: point, panel: panel, tiles: part.count, into: sums)
          }
        }
        for block in 0..<weights.outputBlocks {
          transformSums(
            UnsafePointer(sums), block: block, tiles: part, base: part.lowerBound, residual, y)
        }
      }
    }
  }

  /// Calls `body` with runs of tiles that lie in one row: image, tile row, tile column, count.
  @inline(__always)
  private func forEachRun(_ tiles: Range<Int>, _ body: (Int, Int, Int, Int, Int) -> Void) {
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
      let (line, column) = tile.quotientAndRemainder(dividingBy: tileColumns)
      let (image, row) = line.quotientAndRemainder(dividingBy: tileRows)
      let count = min(tileColumns - column, tiles.upperBound - tile)
      body(tile, image, row, column, count)
      tile += count
    }
  }

  private func transformInputs(
    _ x: UnsafePointer<Float>, block: Int, tiles: Range<Int>, base: Int, into: UnsafeMutablePointer<Float>
  ) {
    let plane = conv.inputArea * lanes
    forEachRun(tiles) { first, image, row, column, count in
      kernels.table.winograd_input(
        tile, x + (image * weights.inputBlocks + block) * plane, conv.rows.input, conv.columns.input,
        row * tile - conv.rows.padBegin, column * tile - conv.columns.padBegin, count,
        into + (block * group + first - base) * lanes, inputPoint)
    }
  }

  private func multiply(
    _ inputs: UnsafeMutablePointer<Float>, point: Int, panel: Int, tiles: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    let (panelWeights, blocks) = weights.panel(panel, point: point, lanes: lanes)
    var shape = aviary_pixel_tile(
      steps: steps.base, count: steps.count, run: lanes, dst_pixel: lanes, dst_block: group * lanes,
      low: -.infinity, high: .infinity)
    let size = weights.inputBlocks * lanes * blocks * lanes
    var target = aviary_pixel_target(
      dst: sums + (point * outputPoint + 2 * panel * group * lanes), residual: nil, bias: nil, scale: nil,
      shift: nil, channels: blocks * lanes, next: panelWeights + size,
      next_floats: point == points - 1 && panel == weights.panels - 1 ? 0 : size)
    kernels.table.pixel_strip(&shape, inputs + point * inputPoint, nil, lanes, tiles, blocks, panelWeights, &target)
  }

  private func transformSums(
    _ sums: UnsafePointer<Float>, block: Int, tiles: Range<Int>, base: Int,
    _ residual: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>
  ) {
    let plane = conv.outputArea * lanes
    let bounds = epilogue.bounds
    forEachRun(tiles) { first, image, row, column, count in
      let place = (image * weights.outputBlocks + block) * plane
      var target = epilogue.target(
        y + place, residual: residual.map { $0 + place }, channel: block * lanes, channels: lanes)
      kernels.table.winograd_output(
        tile, sums + (block * group + first - base) * lanes, outputPoint, conv.rows.output,
        conv.columns.output, row * tile, column * tile, count, &target, bounds.low, bounds.high)
      if epilogue.needsFinish {
        let width = min(conv.columns.output - column * tile, count * tile)
        for line in row * tile..<min(conv.rows.output, row * tile + tile) {
          epilogue.finish(
            y + (place + (line * conv.columns.output + column * tile) * lanes), pixels: width,
            channel: block * lanes, kernels.table.pixel_finish)
        }
      }
    }
  }
}
