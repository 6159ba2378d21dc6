import AviaryCore
import CSIMD

/// Convolution by the pixel tile: pointwise, direct with any window, the first layer on planes of few
/// channels, and grouped where groups are whole blocks.
///
/// Work is cut into strips of pixels that stay in the second-level cache and, where strips are few, into
/// ranges of output channels. Every output is one chain of multiply-adds in a fixed order.
///
/// Weights in bfloat16 multiply inputs in bfloat16: each strip is rounded into memory of the worker.
package struct PixelConv: Sendable {
  package let conv: PlaneConv
  private let lanes: Int
  private let weights: PixelWeights
  private let epilogue: ChannelEpilogue
  private let order: PixelWeights.Order
  private let kernels: TileKernels
  /// Where the factors are bfloat16.
  private let bf16: Bf16Kernels?

  /// Strips count output pixels where the convolution is pointwise, output rows elsewhere.
  private let units: Int
  private let unitPixels: Int
  private let stripUnits: Int
  private let strips: Int
  /// Ranges into which the panels of a group are cut.
  private let parts: Int
  private let padding: PaddedStrip?
  private let gathers: Bool
  /// Words that a strip of one block takes in the worker's memory; 0 where it is read in place.
  private let copiedPlane: Int
  /// Floats from one unit to the next in the image.
  private let unitFloats: Int
  /// Floats of one block (or plane) of the image, and how many a group reads.
  private let inputPlane: Int
  private let inputPlanes: Int
  private let steps: Offsets
  private let run: Int
  private let offsets: Offsets?
  private let pixelStride: Int
  private let gating: Gating

  /// How a factor for each input channel and image is applied.
  private enum Gating {
    case none
    /// To the weights of a pointwise convolution, panel by panel: fewer than its inputs.
    case weights
    /// To the inputs, in a pass before.
    case inputs
  }

  /// Bytes of input that a strip should have at most, and the pixels it has at least, so that a panel of
  /// weights is used more than once.
  private static let stripBytes = 128 << 10
  private static let stripPixels = 96
  /// Below this many multiply-adds waking another thread costs more than it brings.
  private static let serialWork = 100_000

  /// - Parameters:
  ///   - weights: those in bfloat16 for blocked input only.
  ///   - order: `.blocked` for blocked input; `.planar` for N x C x H x W.
  ///   - isGated: whether inputs have a factor for each channel and image (squeeze-and-excite); not with
  ///     planar input or weights in bfloat16.
  ///   - threads: how many may work; decides only how work is cut.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ conv: PlaneConv, weights: PixelWeights, order: PixelWeights.Order, epilogue: ChannelEpilogue,
    isGated: Bool = false, threads: Int, kernels: TileKernels = .current, bf16: Bf16Kernels = .current
  ) throws(TensorError) {
    self.conv = conv
    self.weights = weights
    self.order = order
    self.epilogue = epilogue
    self.kernels = kernels
    let bf16 = weights.isNarrow ? bf16 : nil
    gating =
      !isGated || order == .planar || bf16 != nil
      ? .none
      : conv.isPointwise && conv.groups == 1 && conv.outputChannels <= conv.outputArea ? .weights : .inputs
    self.bf16 = bf16
    let lanes = Int(kernels.table.lanes)
    self.lanes = lanes
    let pixel = order == .blocked ? lanes : 1
    // Words of a pixel as the kernel reads it.
    let cell = bf16 == nil ? pixel : pixel / 2
    inputPlanes = order == .blocked ? BlockLayout(lanes: lanes).blocks(conv.groupInputs) : conv.groupInputs
    inputPlane = conv.inputArea * pixel

    let flat = conv.isPointwise
    // One tap and a stride: the pixels in use are gathered first, then it is pointwise.
    let gathers = bf16 == nil && conv.taps == 1 && !flat && !conv.isPadded
    self.gathers = gathers
    units = flat ? conv.outputArea : conv.rows.output
    unitPixels = flat ? 1 : conv.columns.output
    unitFloats = flat ? pixel : conv.rows.stride * conv.columns.input * pixel
    let pixelBytes = max(
      1,
      inputPlanes * pixel * (bf16 == nil ? 4 : 2)
        * (flat || gathers ? 1 : conv.rows.stride * conv.columns.stride))
    stripUnits = Self.stripUnits(
      units: units, unitPixels: unitPixels, most: max(Self.stripPixels, Self.stripBytes / pixelBytes),
      tile: lanes == 16 ? 14 : 6, threads: threads)
    strips = (units + stripUnits - 1) / stripUnits
    let jobs = conv.batch * conv.groups * strips
    let wanted = threads == 1 ? 1 : 4 * threads
    parts = max(1, min(weights.panelsPerGroup, (wanted + jobs - 1) / jobs))

    padding =
      conv.isPadded || bf16 != nil && !flat
      ? PaddedStrip(conv, outputRows: stripUnits, pixel: pixel, bf16: bf16) : nil
    copiedPlane =
      padding?.plane ?? (gathers ? stripUnits * unitPixels * pixel : bf16 == nil ? 0 : stripUnits * cell)
    let pitch = padding?.pitch ?? conv.columns.input * pixel
    let plane = copiedPlane > 0 ? copiedPlane : inputPlane
    var steps: [Int] = []
    let runsAlongRow = order == .planar && conv.columns.dilation == 1
    for block in 0..<inputPlanes {
      for y in 0..<conv.rows.kernel {
        let row = block * plane + y * conv.rows.dilation * pitch
        if runsAlongRow {
          steps.append(row)
        } else {
          for x in 0..<conv.columns.kernel { steps.append(row + x * conv.columns.dilation * cell) }
        }
      }
    }
    self.steps = try Offsets(steps)
    run = order == .blocked ? cell : runsAlongRow ? conv.columns.kernel : 1
    pixelStride = cell
    if flat || gathers {
      offsets = nil
    } else {
      var offsets: [Int] = []
      offsets.reserveCapacity(stripUnits * unitPixels)
      for y in 0..<stripUnits {
        for x in 0..<unitPixels {
          offsets.append(y * conv.rows.stride * pitch + x * conv.columns.stride * cell)
        }
      }
      self.offsets = try Offsets(offsets)
    }
  }

  /// Units of a strip with at most about `most` pixels: as many as leave the fewest pixels of the last tile
  /// unused, and strips of about the same size, the same number for each thread.
  private static func stripUnits(units: Int, unitPixels: Int, most: Int, tile: Int, threads: Int) -> Int {
    let largest = max(1, min(units, most / unitPixels))
    var count = (units + largest - 1) / largest
    if units * unitPixels >= stripPixels * threads { count = max(count, threads) }
    if count > 1 { count = (count + threads - 1) / threads * threads }
    let even = (units + count - 1) / count
    func waste(_ size: Int) -> Double {
      let pixels = size * unitPixels
      return Double((pixels + tile - 1) / tile * tile) / Double(pixels)
    }
    let candidates = even..<min(units, even + tile) + 1
    let sameCount = candidates.filter { (units + $0 - 1) / $0 == count }
    return (sameCount.isEmpty ? Array(candidates) : sameCount).min { (waste($0), $0) < (waste($1), $1) } ?? even
  }

  /// Floats of scratch memory that all threads need together.
  package func scratchFloats(threads: Int) -> Int { ownFloats * threads + gatedInputs }

  /// Floats of one thread: its strip of inputs, or a panel of weights.
  private var ownFloats: Int {
    copiedPlane * inputPlanes + (gating == .weights ? weights.depth * 2 * lanes : 0)
  }

  private var gatedInputs: Int {
    gating == .inputs ? conv.batch * conv.groups * inputPlanes * inputPlane : 0
  }

  /// - Parameters:
  ///   - x: N x C x H x W, blocked or planar.
  ///   - gate: N x C/c x c, the factors of a gated convolution.
  ///   - residual: as `y`, or `nil`.
  ///   - y: N x M/c x H' x W' x c.
  ///   - scratch: `scratchFloats(threads: parallel.threads)`.
  package func run(
    x: UnsafePointer<Float>, gate: UnsafePointer<Float>? = nil, residual: UnsafePointer<Float>?,
    y: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    var x = x
    var gate = gate
    if gating == .inputs, let factors = gate {
      scale(x, by: factors, into: scratch, parallel)
      x = UnsafePointer(scratch)
    }
    if gating != .weights { gate = nil }
    let scratch = scratch + gatedInputs
    let (image, factors) = (x, gate)
    let jobs = conv.batch * conv.groups * strips * parts
    if conv.multiplyAdds < Self.serialWork || jobs == 1 {
      for job in 0..<jobs { run(job, image, factors, residual, y, scratch) }
      return
    }
    parallel.forEach(jobs, grain: 1) { range, worker in
      let memory = scratch + worker * ownFloats
      for job in range { run(job, image, factors, residual, y, memory) }
    }
  }

  /// All inputs times their factors.
  private func scale(
    _ x: UnsafePointer<Float>, by factors: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
    _ parallel: any Parallel
  ) {
    let planes = conv.batch * conv.groups * inputPlanes
    parallel.forEach(planes, grain: max(1, 16_384 / max(1, inputPlane))) { range, _ in
      for plane in range {
        // A depthwise convolution of one tap.
        var to = aviary_pixel_target()
        to.dst = target + plane * inputPlane
        to.channels = lanes
        var step = 0
        kernels.table.depthwise(
          x + plane * inputPlane, &step, 1, lanes, conv.inputArea, factors + plane * lanes, &to, -.infinity,
          .infinity)
      }
    }
  }

  private func run(
    _ job: Int, _ x: UnsafePointer<Float>, _ gate: UnsafePointer<Float>?, _ residual: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    // Parts of one strip follow each other: they share its input.
    let (stripJob, part) = job.quotientAndRemainder(dividingBy: parts)
    let (groupJob, strip) = stripJob.quotientAndRemainder(dividingBy: strips)
    let (image, group) = groupJob.quotientAndRemainder(dividingBy: conv.groups)
    let first = strip * stripUnits
    let pixels = min(stripUnits, units - first) * unitPixels
    var source = x + (image * conv.groups + group) * inputPlanes * inputPlane
    if let padding {
      for plane in 0..<inputPlanes {
        padding.fill(
          scratch + plane * padding.plane, from: source + plane * inputPlane, first: first * conv.rows.stride)
      }
      source = UnsafePointer(scratch)
    } else if gathers {
      for plane in 0..<inputPlanes {
        gather(source + (plane * inputPlane + first * unitFloats), pixels, into: scratch + plane * copiedPlane)
      }
      source = UnsafePointer(scratch)
    } else {
      source += first * unitFloats
      if let bf16 {
        for plane in 0..<inputPlanes {
          bf16.table.narrow_row(scratch + plane * copiedPlane, source + plane * inputPlane, pixels * lanes)
        }
        source = UnsafePointer(scratch)
      }
    }

    let outputPlane = conv.outputArea * lanes
    let outputBlocks = conv.groups * ((conv.groupOutputs + lanes - 1) / lanes)
    let bounds = epilogue.bounds
    var tile = aviary_pixel_tile(
      steps: steps.base, count: steps.count, run: run, dst_pixel: lanes, dst_block: outputPlane,
      low: bounds.low, high: bounds.high)
    let start = weights.panelsPerGroup * part / parts
    let end = weights.panelsPerGroup * (part + 1) / parts
    for index in start..<end {
      let panel = weights.panels[group * weights.panelsPerGroup + index]
      let place = (image * outputBlocks + panel.block) * outputPlane + first * unitPixels * lanes
      let size = weights.depth * panel.blocks * lanes
      var panelWeights = weights.data.base + panel.offset
      var target = epilogue.target(
        y + place, residual: residual.map { $0 + place }, channel: panel.block * lanes,
        channels: panel.blocks * lanes, next: index + 1 < end ? panelWeights + size : nil, nextFloats: size)
      if let gate {
        kernels.table.scale_rows(
          scratch, panelWeights, gate + image * weights.depth, weights.depth, panel.blocks * lanes)
        panelWeights = UnsafePointer(scratch)
      }
      if let bf16 {
        bf16.table.pixel_strip(
          &tile, source, offsets?.base, pixelStride, pixels, panel.blocks, panelWeights, &target)
      } else {
        kernels.table.pixel_strip(
          &tile, source, offsets?.base, pixelStride, pixels, panel.blocks, panelWeights, &target)
      }
      if epilogue.needsFinish {
        for block in 0..<panel.blocks {
          epilogue.finish(
            y + (place + block * outputPlane), pixels: pixels, channel: (panel.block + block) * lanes,
            kernels.table.pixel_finish)
        }
      }
    }
  }

  /// The pixels of one plane that a stride leaves in use, side by side.
  private func gather(
    _ source: UnsafePointer<Float>, _ pixels: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let step = conv.columns.stride * pixelStride
    var to = target
    for row in 0..<pixels / unitPixels {
      let from = source + row * unitFloats
      for x in 0..<unitPixels {
        to.update(from: from + x * step, count: pixelStride)
        to += pixelStride
      }
    }
  }
}
