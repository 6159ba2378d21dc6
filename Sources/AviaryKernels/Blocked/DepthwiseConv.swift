import AviaryCore
import CSIMD

/// Depthwise convolution on blocked layout, any window, stride and dilation: a block of channels is a vector,
/// so each tap is one multiply-add of registers.
package struct DepthwiseConv: Sendable {
  package let conv: PlaneConv
  private let weights: AlignedFloats
  private let epilogue: ChannelEpilogue
  private let kernels: TileKernels
  private let lanes: Int
  private let blocks: Int
  private let stripRows: Int
  private let strips: Int
  private let padding: PaddedStrip?
  private let pitch: Int
  private let steps: Offsets

  /// Bytes of padded input that a strip may have: it is read back from the second-level cache at worst.
  private static let stripBytes = 96 << 10
  private static let serialWork = 50_000
  /// Rows that make a thread's part of the image worth the rows that two parts both read.
  private static let rowsForThread = 7

  /// - Parameters:
  ///   - weights: `packedWeights`.
  ///   - threads: how many may work; decides only how work is cut.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ conv: PlaneConv, weights: AlignedFloats, epilogue: ChannelEpilogue, threads: Int,
    kernels: TileKernels = .current
  ) throws(TensorError) {
    self.conv = conv
    self.weights = weights
    self.epilogue = epilogue
    self.kernels = kernels
    lanes = Int(kernels.table.lanes)
    blocks = BlockLayout(lanes: lanes).blocks(conv.inputChannels)
    let rowBytes = conv.rows.stride * conv.columns.covered(conv.columns.output) * lanes * 4
    let most = min(conv.rows.output, max(4, Self.stripBytes / max(1, rowBytes)))
    // The same part of the image for a thread as in the convolutions around this one.
    let least = conv.rows.output >= Self.rowsForThread * threads ? threads : 1
    let wanted = max(least, (conv.rows.output + most - 1) / most)
    let even = (wanted + least - 1) / least * least
    stripRows = (conv.rows.output + even - 1) / even
    strips = (conv.rows.output + stripRows - 1) / stripRows
    padding = conv.isPadded ? PaddedStrip(conv, outputRows: stripRows, pixel: lanes) : nil
    pitch = padding?.pitch ?? conv.columns.input * lanes
    var steps: [Int] = []
    for y in 0..<conv.rows.kernel {
      for x in 0..<conv.columns.kernel {
        steps.append(y * conv.rows.dilation * pitch + x * conv.columns.dilation * lanes)
      }
    }
    self.steps = try Offsets(steps)
  }

  /// Weights C x 1 x kh x kw as C/c x taps x c.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package static func packedWeights(
    _ weights: UnsafePointer<Float>, channels: Int, taps: Int, layout: BlockLayout = .current
  ) throws(TensorError) -> AlignedFloats {
    let lanes = layout.lanes
    return try AlignedFloats(count: layout.blocks(channels) * taps * lanes) { base in
      for channel in 0..<channels {
        let (block, lane) = channel.quotientAndRemainder(dividingBy: lanes)
        for tap in 0..<taps { base[(block * taps + tap) * lanes + lane] = weights[channel * taps + tap] }
      }
    }
  }

  /// Floats of scratch memory that all threads need together.
  ///
  /// - Parameter hasMean: whether `run` is to give the mean.
  package func scratchFloats(threads: Int, hasMean: Bool) -> Int {
    (padding?.plane ?? 0) * threads + (hasMean ? rowSums : 0)
  }

  /// Floats of the sums of all rows.
  private var rowSums: Int { conv.batch * conv.rows.output * blocks * lanes }

  /// - Parameters:
  ///   - mean: N x C/c x c, the mean of each plane of `y`, taken while its rows are in the first cache; or `nil`.
  ///   - scratch: `scratchFloats(threads: parallel.threads, hasMean: mean != nil)`.
  ///   - others: as those of `PixelConv.run`.
  package func run(
    x: UnsafePointer<Float>, residual: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>,
    mean: UnsafeMutablePointer<Float>? = nil, scratch: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    let jobs = conv.batch * blocks * strips
    let sums = mean == nil ? nil : scratch
    let memory = scratch + (mean == nil ? 0 : rowSums)
    if conv.multiplyAdds < Self.serialWork {
      for job in 0..<jobs { run(job, x, residual, y, sums, memory) }
    } else {
      parallel.forEach(jobs, grain: 1) { range, worker in
        let own = memory + worker * (padding?.plane ?? 0)
        for job in range { run(job, x, residual, y, sums, own) }
      }
    }
    if let mean, let sums { reduce(sums, into: mean) }
  }

  /// Rows are added in their order, whoever computed them.
  private func reduce(_ sums: UnsafeMutablePointer<Float>, into mean: UnsafeMutablePointer<Float>) {
    for plane in 0..<conv.batch * blocks {
      kernels.table.pixel_mean(
        sums + plane * conv.rows.output * lanes, conv.rows.output, 1 / Float(conv.outputArea),
        mean + plane * lanes)
    }
  }

  private func run(
    _ job: Int, _ x: UnsafePointer<Float>, _ residual: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>?,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    // All blocks of a strip before the next strip: neighbouring jobs read what one thread made.
    let (imageStrip, block) = job.quotientAndRemainder(dividingBy: blocks)
    let (image, strip) = imageStrip.quotientAndRemainder(dividingBy: strips)
    let plane = image * blocks + block
    let first = strip * stripRows
    let rows = min(stripRows, conv.rows.output - first)
    var source = x + plane * conv.inputArea * lanes
    if let padding {
      padding.fill(scratch, from: source, first: first * conv.rows.stride)
      source = UnsafePointer(scratch)
    } else {
      source += first * conv.rows.stride * pitch
    }
    let width = conv.columns.output
    let place = (plane * conv.rows.output + first) * width * lanes
    let bounds = epilogue.bounds
    for row in 0..<rows {
      let offset = place + row * width * lanes
      var target = epilogue.target(
        y + offset, residual: residual.map { $0 + offset }, channel: block * lanes, channels: lanes)
      kernels.table.depthwise(
        source + row * conv.rows.stride * pitch, steps.base, steps.count, conv.columns.stride * lanes, width,
        weights.base + block * steps.count * lanes, &target, bounds.low, bounds.high)
      epilogue.finish(y + offset, pixels: width, channel: block * lanes, kernels.table.pixel_finish)
      if let sums {
        kernels.table.pixel_mean(
          y + offset, width, 1, sums + (plane * conv.rows.output + first + row) * lanes)
      }
    }
  }
}
