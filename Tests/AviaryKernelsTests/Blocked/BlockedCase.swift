import AviaryKernels
import TestSupport
import Testing

/// Rungs of the blocked ladder, each with the error it may have in units of the largest result.
enum Rung: Sendable, Equatable {
  case planar, direct, depthwise
  case winograd(tile: Int)

  var tolerance: Double {
    switch self {
    case .planar, .direct, .depthwise: 1e-5
    case .winograd(tile: 2): 2e-5
    case .winograd: 2e-4
    }
  }
}

/// A convolution with everything around it, and what its definition gives.
struct BlockedCase: CustomStringConvertible {
  let conv: PlaneConv
  let x: [Float]
  let weights: [Float]
  var bias: [Float]?
  var residual: [Float]?
  var scale: [Float]?
  var shift: [Float]?
  /// A factor for each image and input channel.
  var gate: [Float]?
  let activation: Activation
  let expected: [Double]
  let description: String

  /// - Parameter parts: which of bias, residual, scale and shift there are.
  init(
    _ geometry: ConvGeometry, activation: Activation = .none,
    parts: (bias: Bool, residual: Bool, scale: Bool) = (true, true, true), isGated: Bool = false, seed: Int
  ) throws {
    conv = try #require(PlaneConv(geometry), "\(geometry)")
    var generator = SeededGenerator(seed: UInt64(seed))
    let (outputs, area) = (geometry.outputChannels, geometry.outputArea)
    x = generator.floats(geometry.batch * geometry.inputChannels * geometry.inputArea)
    weights = generator.floats(outputs * geometry.depth)
    if parts.bias { bias = generator.floats(outputs) }
    if parts.residual { residual = generator.floats(geometry.batch * outputs * area) }
    if parts.scale {
      scale = generator.floats(outputs)
      shift = generator.floats(outputs)
    }
    let images = geometry.batch * geometry.inputChannels
    let factors = isGated ? generator.floats(images) : nil
    gate = factors
    self.activation = activation
    var sums = [Double](repeating: 0, count: geometry.batch * outputs * area)
    let inputArea = geometry.inputArea
    let (image, wd) = (x, weights.map { Double($0) })
    let xd = image.indices.map { Double(image[$0]) * Double(factors?[$0 / inputArea] ?? 1) }
    xd.withUnsafeBufferPointer { x in
      wd.withUnsafeBufferPointer { w in
        sums.withUnsafeMutableBufferPointer { y in
          ConvReference.run(
            geometry, x: x, weights: w, bias: nil, y: y, parallel: ThreadPool.shared(threads: 2))
        }
      }
    }
    for index in sums.indices {
      let channel = index / area % outputs
      var y = sums[index] + Double(bias?[channel] ?? 0) + Double(residual?[index] ?? 0)
      y = activation(y)
      if let scale, let shift { y = y * Double(scale[channel]) + Double(shift[channel]) }
      sums[index] = y
    }
    expected = sums
    description = "\(geometry) \(activation.kind) \(parts)"
  }

  /// The result of one rung, N x M x H' x W'.
  func run(_ rung: Rung, _ kernels: TileKernels, threads: Int) throws -> [Float] {
    let lanes = Int(kernels.table.lanes)
    let layout = BlockLayout(lanes: lanes)
    let parallel = ThreadPool.shared(threads: threads)
    let (batch, outputs, area) = (conv.batch, conv.outputChannels, conv.outputArea)
    let epilogue = try ChannelEpilogue(
      channels: outputs, bias: bias, scale: scale, shift: shift, activation: activation, layout: layout)
    let input =
      rung == .planar
      ? x
      : BlockedImages.blocked(
        x, batch: batch, channels: conv.inputChannels, area: conv.inputArea, lanes: lanes)
    let other = residual.map {
      BlockedImages.blocked($0, batch: batch, channels: outputs, area: area, lanes: lanes)
    }
    let factors = gate.map {
      BlockedImages.blocked($0, batch: batch, channels: conv.inputChannels, area: 1, lanes: lanes)
    }
    var y = GuardedFloats(batch * layout.blocks(outputs) * area * lanes)
    let isWithin = try y.write { y in
      let run: (UnsafeMutablePointer<Float>) -> Void
      let scratchFloats: Int
      switch rung {
      case .planar, .direct:
        let order: PixelWeights.Order = rung == .planar ? .planar : .blocked
        let packed = try PixelWeights(
          weights, outputs: outputs, groupInputs: conv.groupInputs, taps: conv.taps, groups: conv.groups,
          order: order, layout: layout)
        let kernel = try PixelConv(
          conv, weights: packed, order: order, epilogue: epilogue, isGated: gate != nil, threads: threads,
          kernels: kernels)
        scratchFloats = kernel.scratchFloats(threads: threads)
        run = { kernel.run(x: input, gate: factors, residual: other, y: y, scratch: $0, parallel: parallel) }
      case .depthwise:
        let packed = try DepthwiseConv.packedWeights(
          weights, channels: conv.inputChannels, taps: conv.taps, layout: layout)
        let kernel = try DepthwiseConv(
          conv, weights: packed, epilogue: epilogue, threads: threads, kernels: kernels)
        scratchFloats = kernel.scratchFloats(threads: threads, hasMean: false)
        run = { kernel.run(x: input, residual: other, y: y, scratch: $0, parallel: parallel) }
      case .winograd(let tile):
        let packed = try WinogradWeights(
          tile: tile, weights, outputs: outputs, inputs: conv.inputChannels, parallel: parallel,
          kernels: kernels)
        let kernel = try WinogradConv(
          conv, weights: packed, epilogue: epilogue, threads: threads, kernels: kernels)
        scratchFloats = kernel.scratchFloats(threads: threads)
        run = { kernel.run(x: input, residual: other, y: y, scratch: $0, parallel: parallel) }
      }
      var scratch = GuardedFloats(scratchFloats)
      let isWithin = scratch.write(run)
      #expect(isWithin, "scratch memory is too small: \(rung) \(self)")
    }
    #expect(isWithin, "written beyond the result: \(rung) \(self)")
    // Filling channels too: what follows multiplies them by 0.
    #expect(y.written.allSatisfy { $0.isFinite }, "\(rung) \(self)")
    return BlockedImages.plain(y.written, batch: batch, channels: outputs, area: area, lanes: lanes)
  }

  /// The means that the depthwise rung gives with its result, N x M.
  func means(_ kernels: TileKernels, threads: Int) throws -> [Float] {
    let lanes = Int(kernels.table.lanes)
    let layout = BlockLayout(lanes: lanes)
    let (batch, outputs, area) = (conv.batch, conv.outputChannels, conv.outputArea)
    let epilogue = try ChannelEpilogue(
      channels: outputs, bias: bias, scale: scale, shift: shift, activation: activation, layout: layout)
    let input = BlockedImages.blocked(x, batch: batch, channels: outputs, area: conv.inputArea, lanes: lanes)
    let other = residual.map {
      BlockedImages.blocked($0, batch: batch, channels: outputs, area: area, lanes: lanes)
    }
    let packed = try DepthwiseConv.packedWeights(weights, channels: outputs, taps: conv.taps, layout: layout)
    let kernel = try DepthwiseConv(
      conv, weights: packed, epilogue: epilogue, threads: threads, kernels: kernels)
    let planes = batch * layout.blocks(outputs)
    var y = GuardedFloats(planes * area * lanes)
    var mean = GuardedFloats(planes * lanes)
    var scratch = GuardedFloats(kernel.scratchFloats(threads: threads, hasMean: true))
    let isWithin = y.write { y in
      let inner = mean.write { mean in
        let innermost = scratch.write { scratch in
          kernel.run(
            x: input, residual: other, y: y, mean: mean, scratch: scratch,
            parallel: ThreadPool.shared(threads: threads))
        }
        #expect(innermost, "scratch memory is too small: \(self)")
      }
      #expect(inner, "written beyond the mean: \(self)")
    }
    #expect(isWithin, "written beyond the result: \(self)")
    return BlockedImages.plain(mean.written, batch: batch, channels: outputs, area: 1, lanes: lanes)
  }

  /// Expects a rung's results near the definition with every instruction set, and bit by bit the same
  /// with any number of threads.
  ///
  /// - Returns: the largest error.
  @discardableResult
  func check(_ rung: Rung, threads: [Int] = [1, 2, 4]) throws -> Double {
    var worst = 0.0
    for set in availableSets {
      let kernels = try #require(TileKernels(name: set))
      var first: [Float]?
      for count in threads {
        let y = try run(rung, kernels, threads: count)
        if let first {
          #expect(
            y.elementsEqual(first) { $0.bitPattern == $1.bitPattern },
            "\(count) threads differ from one: \(rung) \(set) \(self)")
        } else {
          first = y
          let error = scaledError(y, expected)
          #expect(error < rung.tolerance, "\(rung) \(set) \(self)")
          worst = max(worst, error)
        }
      }
    }
    return worst
  }
}
