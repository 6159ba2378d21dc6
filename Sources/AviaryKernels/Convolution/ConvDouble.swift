import AviaryCore

/// Convolution in double precision: the weights of each group times the unfolded image, a band of output
/// positions at a time. The definition's own loops where there is no OpenBLAS to multiply with.
package enum ConvDouble {
  /// Elements of an unfolded band, a quarter of a usual second-level cache for each thread.
  private static let bandSize = 1 << 17

  /// As `ConvReference.run`.
  package static func run(
    _ geometry: ConvGeometry, x: UnsafeBufferPointer<Double>, weights: UnsafeBufferPointer<Double>,
    bias: UnsafeBufferPointer<Double>?, y: UnsafeMutableBufferPointer<Double>, parallel: any Parallel,
    blas: Result<OpenBLAS, OpenBLAS.Absence> = OpenBLAS.shared
  ) {
    let (area, depth, outputs) = (geometry.outputArea, geometry.depth, geometry.groupOutputs)
    guard case .success = blas, outputs >= 4, depth >= 8, area > 0, let xBase = x.baseAddress,
      let wBase = weights.baseAddress, let yBase = y.baseAddress
    else {
      return ConvReference.run(geometry, x: x, weights: weights, bias: bias, y: y, parallel: parallel)
    }
    let columns = min(area, max(16, bandSize / depth))
    let bands = (area - 1) / columns + 1
    parallel.forEach(geometry.batch * geometry.groups * bands, grain: 1) { range in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: (depth + outputs) * columns) { memory in
        guard let unfolded = memory.baseAddress else { return }
        let product = unfolded + depth * columns
        for job in range {
          let (plane, band) = job.quotientAndRemainder(dividingBy: bands)
          let (image, group) = plane.quotientAndRemainder(dividingBy: geometry.groups)
          let positions = band * columns..<min(area, (band + 1) * columns)
          let first = image * geometry.inputChannels + group * geometry.groupInputs
          unfold(geometry, xBase + first * geometry.inputArea, positions, into: unfolded)
          let width = positions.count
          DoubleProduct.run(
            m: outputs, n: width, k: depth, a: .init(wBase + group * outputs * depth, row: depth),
            b: .init(unfolded, row: width), c: product, parallel: Serial(), blas: blas)
          for row in 0..<outputs {
            let channel = group * outputs + row
            let shift = bias?[channel] ?? 0
            let target = yBase + ((image * geometry.outputChannels + channel) * area + positions.lowerBound)
            for i in 0..<width { target[i] = product[row * width + i] + shift }
          }
        }
      }
    }
  }

  /// The inputs that each output position meets: a row per channel and tap, zeros in the padding.
  private static func unfold(
    _ geometry: ConvGeometry, _ x: UnsafePointer<Double>, _ positions: Range<Int>,
    into target: UnsafeMutablePointer<Double>
  ) {
    let inner = geometry.inner
    let (inArea, width) = (geometry.inputArea, positions.count)
    var tap = Odometer(geometry.axes.map(\.kernel))
    for t in 0..<geometry.taps {
      let shift = (tap.digits.last ?? 0) * inner.dilation - inner.padBegin
      var position = positions.lowerBound
      while position < positions.upperBound {
        // A run of positions in one row of the output.
        let (line, start) = position.quotientAndRemainder(dividingBy: inner.output)
        let count = min(inner.output - start, positions.upperBound - position)
        let source = lineStart(geometry, line: line, tap: tap.digits)
        let inside = inner.inside(tap: tap.digits.last ?? 0).clamped(to: start..<start + count)
        for c in 0..<geometry.groupInputs {
          let row = target + ((c * geometry.taps + t) * width + position - positions.lowerBound)
          guard let source, !inside.isEmpty else {
            row.update(repeating: 0, count: count)
            continue
          }
          row.update(repeating: 0, count: inside.lowerBound - start)
          let from = x + (c * inArea + source + shift)
          for o in inside { row[o - start] = from[o * inner.stride] }
          (row + (inside.upperBound - start)).update(repeating: 0, count: start + count - inside.upperBound)
        }
        position += count
      }
      tap.advance()
    }
  }

  /// Where the row of the input begins that a row of the output meets through a tap; `nil` in the padding.
  private static func lineStart(_ geometry: ConvGeometry, line: Int, tap: [Int]) -> Int? {
    var rest = line
    var (offset, step) = (0, geometry.inner.input)
    for axis in geometry.outer.indices.reversed() {
      let spec = geometry.axes[axis]
      let position = rest % spec.output * spec.stride - spec.padBegin + tap[axis] * spec.dilation
      guard position >= 0, position < spec.input else { return nil }
      offset += position * step
      step *= spec.input
      rest /= spec.output
    }
    return offset
  }
}
