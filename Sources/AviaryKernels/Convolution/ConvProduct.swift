import AviaryCore
import CSIMD

/// Convolution as a matrix product: the packed weights (M x C*taps of each group) times the unfolded image,
/// of which only a block of columns and of depth exists at a time.
enum ConvProduct {
  /// How the outputs are cut into blocks: parts of one image, or several whole images where they are small.
  struct Blocks {
    /// Columns of a block with which it fills half of a usual second-level cache.
    private static let target = 192

    let area: Int
    let batch: Int
    /// Images in a block; 1 where images are cut.
    let images: Int
    /// Blocks of one image; 1 where blocks hold whole images.
    let parts: Int
    let count: Int
    /// Floats between rows of the unfolded block.
    let stride: Int

    init(_ geometry: ConvGeometry, kernels: TileKernels) {
      area = geometry.outputArea
      batch = geometry.batch
      let width = kernels.columns
      if area >= Self.target / 2 {
        images = 1
        parts = max(1, (area + Self.target / 2) / Self.target)
        count = batch * parts
      } else {
        images = max(1, min(batch, Self.target / max(1, area)))
        parts = 1
        count = (batch + images - 1) / images
      }
      // Panel boundaries, so that only the last part of an image has a partial panel.
      let panels = (area + width - 1) / width
      let columns = images == 1 ? (panels + parts - 1) / parts * width : images * area
      let lines = (columns + width - 1) / width * width / 16 + 1
      // An odd number of cache lines between rows spreads a panel over all sets of the cache.
      stride = (lines % 2 == 0 ? lines + 1 : lines) * 16
    }

    /// The images and the columns of each image in a block.
    func block(_ index: Int, width: Int) -> (images: Range<Int>, columns: Range<Int>) {
      if images > 1 || parts == 1 {
        let first = index * images
        return (first..<min(batch, first + images), 0..<area)
      }
      let (image, part) = index.quotientAndRemainder(dividingBy: parts)
      let panels = (area + width - 1) / width
      let start = part * panels / parts * width
      let end = min(area, (part + 1) * panels / parts * width)
      return (image..<image + 1, start..<end)
    }
  }

  /// How many jobs share the rows of one block of columns.
  static func rowParts(_ geometry: ConvGeometry, blocks: Blocks, panels: Int) -> Int {
    let jobs = max(1, blocks.count * geometry.groups)
    // Every part unfolds the block again, which pays only for many rows.
    return min(max(1, 4 / jobs), max(1, panels / 4))
  }

  /// Floats of scratch memory per thread.
  static func scratchSize(_ geometry: ConvGeometry, kernels: TileKernels) -> Int {
    let blocks = Blocks(geometry, kernels: kernels)
    let unfolded = TileKernels.depth * blocks.stride
    return unfolded + (blocks.images > 1 ? geometry.groupOutputs * blocks.stride : 0)
  }

  /// - Parameters:
  ///   - weights: `PackedRows` of each group, one after the other.
  ///   - epilogue: `rowBias` is the bias, `residual` has the output's layout.
  static func run(
    _ geometry: ConvGeometry, x: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    y: UnsafeMutablePointer<Float>, epilogue: Epilogue, scratch: WorkerScratch<Float>,
    parallel: any Parallel, kernels: TileKernels
  ) {
    let blocks = Blocks(geometry, kernels: kernels)
    let panels = RowPanels(rows: geometry.groupOutputs, tileRows: kernels.rows)
    let rowParts = rowParts(geometry, blocks: blocks, panels: panels.count)
    let k = geometry.depth
    parallel.forEach(blocks.count * geometry.groups * rowParts, grain: 1) { range in
      for job in range {
        let (rest, rowPart) = job.quotientAndRemainder(dividingBy: rowParts)
        let (index, group) = rest.quotientAndRemainder(dividingBy: geometry.groups)
        let (images, columns) = blocks.block(index, width: kernels.columns)
        scratch.withSlot { memory in
          let block = Block(
            geometry: geometry, group: group, images: images, columns: columns, stride: blocks.stride,
            panels: panels,
            panelRange: rowPart * panels.count / rowParts..<(rowPart + 1) * panels.count / rowParts,
            kernels: kernels)
          block.run(
            x: x, weights: weights + group * geometry.groupOutputs * k, y: y, epilogue: epilogue,
            unfolded: memory, product: memory + TileKernels.depth * blocks.stride)
        }
      }
    }
  }

  /// One job: some rows (output channels of a group) of one block of columns.
  private struct Block {
    let geometry: ConvGeometry
    let group: Int
    let images: Range<Int>
    let columns: Range<Int>
    let stride: Int
    let panels: RowPanels
    let panelRange: Range<Int>
    let kernels: TileKernels

    func run(
      x: UnsafePointer<Float>, weights: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
      epilogue: Epilogue, unfolded: UnsafeMutablePointer<Float>, product: UnsafeMutablePointer<Float>
    ) {
      let k = geometry.depth
      let area = geometry.outputArea
      let count = images.count * columns.count
      let firstChannel = group * geometry.groupOutputs
      // A part of one image is written where it belongs; several images go through memory of our own.
      let direct = images.count == 1
      let imageStart = (images.lowerBound * geometry.outputChannels + firstChannel) * area
      let target = direct ? y + (imageStart + columns.lowerBound) : product
      let targetRow = direct ? area : stride
      let unfolder = Unfolder(
        geometry, group: group, images: images, columns: columns, stride: stride, kernels: kernels)
      var start = 0
      repeat {
        let length = min(TileKernels.depth, k - start)
        unfolder.unfold(x, rows: start..<start + length, into: unfolded)
        let isLast = start + length >= k
        for panel in panelRange {
          let row = panels.start(panel)
          let height = panels.height(panel)
          for column in Swift.stride(from: 0, to: count, by: kernels.columns) {
            kernels.table.tile(
              length, weights + (row * k + start * height), 1, height, unfolded + column, stride,
              target + (row * targetRow + column), targetRow, height, min(kernels.columns, count - column),
              start == 0 ? 0 : 1)
          }
          guard isLast, !(direct && epilogue.isIdentity) else { continue }
          for (index, image) in images.enumerated() {
            let out = (image * geometry.outputChannels + firstChannel + row) * area + columns.lowerBound
            var part = epilogue.from(row: 0, column: 0)
            part.row_bias = epilogue.rowBias.map { $0 + (firstChannel + row) }
            part.residual = epilogue.residual.map { $0 + out }
            part.residual_row = area
            kernels.table.finish(
              target + (row * targetRow + index * columns.count), targetRow, y + out, area, height,
              columns.count, &part)
          }
        }
        start += TileKernels.depth
      } while start < k
    }
  }
}
