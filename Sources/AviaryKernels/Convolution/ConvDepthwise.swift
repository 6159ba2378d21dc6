import AviaryCore
import CSIMD

/// Depthwise convolution (one input channel a group): every channel is copied into a padded plane, in which
/// each tap of a row of outputs is a run of neighbours, whatever stride and dilation; a row kernel sums them.
struct ConvDepthwise {
  private let geometry: ConvGeometry
  /// Floats of a padded row: one run per column phase (column modulo stride) that some tap reads.
  private let phaseLength: Int
  /// Column phases in the order in which they are stored.
  private let phases: [Int]
  /// Extents of the padded plane's outer axes.
  private let outerExtents: [Int]
  /// Where each tap's run begins, from the first of the row's outputs.
  private let offsets: [Int]
  /// Whether the channel can be read where it stands.
  private let isDirect: Bool
  /// Floats of the padded plane.
  let planeSize: Int

  /// Largest padded plane: padding and strides come from the model.
  private static let largestPlane = 1 << 24

  /// `nil` where the convolution is not depthwise, or padding would make the plane huge.
  init?(_ geometry: ConvGeometry) {
    guard geometry.groupInputs == 1, geometry.inputChannels == geometry.groups, !geometry.axes.isEmpty,
      geometry.outputArea > 0
    else { return nil }
    self.geometry = geometry
    let inner = geometry.inner
    let columns = (0..<inner.kernel).map { $0 * inner.dilation }
    let phases = Set(columns.map { $0 % inner.stride }).sorted()
    self.phases = phases
    let phaseLength = inner.output + (columns.last ?? 0) / inner.stride
    self.phaseLength = phaseLength
    let outerExtents = geometry.outer.map { ($0.output - 1) * $0.stride + ($0.kernel - 1) * $0.dilation + 1 }
    self.outerExtents = outerExtents
    var size = 1
    for extent in outerExtents + [phaseLength, phases.count] {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.largestPlane else { return nil }
      size = product
    }
    isDirect =
      inner.stride == 1
      && geometry.axes.allSatisfy {
        $0.padBegin == 0 && ($0.output - 1) * $0.stride + ($0.kernel - 1) * $0.dilation < $0.input
      }
    planeSize = isDirect ? 0 : size
    let rowLength = isDirect ? inner.input : phaseLength * phases.count
    var offsets: [Int] = []
    var tap = Odometer(geometry.axes.map(\.kernel))
    for _ in 0..<geometry.taps {
      var offset = 0
      for (axis, spec) in geometry.outer.enumerated() {
        let extent = isDirect ? spec.input : outerExtents[axis]
        offset = offset * extent + tap.digits[axis] * spec.dilation
      }
      let column = columns[tap.digits[geometry.axes.count - 1]]
      let phase = phases.firstIndex(of: column % inner.stride) ?? 0
      offsets.append(offset * rowLength + phase * phaseLength + column / inner.stride)
      tap.advance()
    }
    self.offsets = offsets
  }

  /// - Parameters:
  ///   - weights: M x taps, as the model has them.
  ///   - epilogue: `rowBias` is the bias, `residual` has the output's layout.
  func run(
    x: UnsafePointer<Float>, weights: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>,
    epilogue: Epilogue, scratch: WorkerScratch<Float>, parallel: any Parallel, kernels: TileKernels
  ) {
    let (inArea, outArea) = (geometry.inputArea, geometry.outputArea)
    let multiplier = geometry.groupOutputs
    let work = max(1, outArea * multiplier * geometry.taps)
    parallel.forEach(geometry.batch * geometry.inputChannels, grain: max(1, 32768 / work)) { range in
      scratch.withSlot { plane in
        for index in range {
          let (n, channel) = index.quotientAndRemainder(dividingBy: geometry.inputChannels)
          let source = x + index * inArea
          if !isDirect { pad(source, into: plane) }
          for m in channel * multiplier..<(channel + 1) * multiplier {
            let start = (n * geometry.outputChannels + m) * outArea
            convolve(
              isDirect ? source : UnsafePointer(plane), weights + m * geometry.taps,
              bias: epilogue.rowBias.map { $0[m] } ?? 0, y + start, kernels)
            guard epilogue.residual != nil || epilogue.activation != .none else { continue }
            var part = epilogue.from(row: 0, column: 0)
            part.row_bias = nil
            part.residual = epilogue.residual.map { $0 + start }
            kernels.table.finish(y + start, outArea, y + start, outArea, 1, outArea, &part)
          }
        }
      }
    }
  }

  private func convolve(
    _ plane: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, bias: Float,
    _ y: UnsafeMutablePointer<Float>, _ kernels: TileKernels
  ) {
    let inner = geometry.inner
    let rowLength = isDirect ? inner.input : phaseLength * phases.count
    let outer = Array(geometry.outer)
    var position = Odometer(outer.map(\.output))
    offsets.withUnsafeBufferPointer { offsets in
      for row in 0..<geometry.outputArea / inner.output {
        var start = 0
        for (axis, spec) in outer.enumerated() {
          start = start * (isDirect ? spec.input : outerExtents[axis]) + position.digits[axis] * spec.stride
        }
        position.advance()
        kernels.table.taps(
          plane + start * rowLength, offsets.baseAddress, weights, offsets.count, bias,
          y + row * inner.output, inner.output)
      }
    }
  }

  /// Copies a channel into the padded plane, columns sorted by phase.
  private func pad(_ source: UnsafePointer<Float>, into plane: UnsafeMutablePointer<Float>) {
    let inner = geometry.inner
    let outer = Array(geometry.outer)
    let rowLength = phaseLength * phases.count
    var position = Odometer(outerExtents)
    // Padded column j * stride + phase stands for the input's column of that number less the padding.
    let runs = phases.map { phase in
      WindowAxis(
        input: inner.input, output: phaseLength, kernel: 1, stride: inner.stride,
        padBegin: inner.padBegin - phase
      ).inside(tap: 0)
    }
    for row in 0..<outerExtents.reduce(1, *) {
      let target = plane + row * rowLength
      var from = 0
      var isInside = true
      for (axis, spec) in outer.enumerated() {
        let i = position.digits[axis] - spec.padBegin
        isInside = isInside && i >= 0 && i < spec.input
        from = from * spec.input + i
      }
      position.advance()
      guard isInside else {
        target.update(repeating: 0, count: rowLength)
        continue
      }
      for (index, phase) in phases.enumerated() {
        let run = runs[index]
        let to = target + index * phaseLength
        let first = source + (from * inner.input + phase - inner.padBegin)
        to.update(repeating: 0, count: run.lowerBound)
        if inner.stride == 1 {
          if !run.isEmpty { (to + run.lowerBound).update(from: first + run.lowerBound, count: run.count) }
        } else {
          for j in run { to[j] = first[j * inner.stride] }
        }
        (to + run.upperBound).update(repeating: 0, count: phaseLength - run.upperBound)
      }
    }
  }
}
