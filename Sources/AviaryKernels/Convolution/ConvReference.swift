import AviaryCore

/// Convolution as its definition reads, for any element type with multiplication: what the fast kernels are
/// tested against, and what computes double precision.
package enum ConvReference {
  /// y[n, m, o] = bias[m] + sum over c, t of w[m, c, t] * x[n, g * C/groups + c, o * stride - pad + t *
  /// dilation].
  ///
  /// - Parameters: buffers hold exactly the elements that `geometry` names.
  package static func run(
    _ geometry: ConvGeometry, x: UnsafeBufferPointer<Double>, weights: UnsafeBufferPointer<Double>,
    bias: UnsafeBufferPointer<Double>?, y: UnsafeMutableBufferPointer<Double>, parallel: any Parallel
  ) {
    convolve(geometry, x, weights, bias, y, parallel)
  }

  /// As above, in single precision.
  package static func run(
    _ geometry: ConvGeometry, x: UnsafeBufferPointer<Float>, weights: UnsafeBufferPointer<Float>,
    bias: UnsafeBufferPointer<Float>?, y: UnsafeMutableBufferPointer<Float>, parallel: any Parallel
  ) {
    convolve(geometry, x, weights, bias, y, parallel)
  }

  private static func convolve<T: BinaryFloatingPoint>(
    _ geometry: ConvGeometry, _ x: UnsafeBufferPointer<T>, _ w: UnsafeBufferPointer<T>,
    _ bias: UnsafeBufferPointer<T>?, _ y: UnsafeMutableBufferPointer<T>, _ parallel: any Parallel
  ) {
    let (inArea, outArea) = (geometry.inputArea, geometry.outputArea)
    let (groupInputs, groupOutputs) = (geometry.groupInputs, geometry.groupOutputs)
    let taps = geometry.taps
    guard outArea > 0 else { return }
    parallel.forEach(geometry.batch * geometry.outputChannels, grain: 1) { range in
      for plane in range {
        let (n, m) = plane.quotientAndRemainder(dividingBy: geometry.outputChannels)
        let out = UnsafeMutableBufferPointer(rebasing: y[plane * outArea..<(plane + 1) * outArea])
        out.update(repeating: bias.map { $0[m] } ?? 0)
        let firstChannel = n * geometry.inputChannels + (m / groupOutputs) * groupInputs
        for c in 0..<groupInputs {
          let channel = x[(firstChannel + c) * inArea..<(firstChannel + c + 1) * inArea]
          add(
            geometry, UnsafeBufferPointer(rebasing: channel),
            UnsafeBufferPointer(rebasing: w[(m * groupInputs + c) * taps..<(m * groupInputs + c + 1) * taps]),
            to: out)
        }
      }
    }
  }

  /// Adds one input channel's part to one output channel, tap by tap.
  private static func add<T: BinaryFloatingPoint>(
    _ geometry: ConvGeometry, _ x: UnsafeBufferPointer<T>, _ w: UnsafeBufferPointer<T>,
    to y: UnsafeMutableBufferPointer<T>
  ) {
    var tap = Odometer(geometry.axes.map(\.kernel))
    for t in 0..<geometry.taps {
      let inside = zip(geometry.axes, tap.digits).map { $0.inside(tap: $1) }
      tap.advance()
      guard inside.allSatisfy({ !$0.isEmpty }) else { continue }
      let digits = Odometer(geometry.axes.map(\.kernel), at: t).digits
      var position = Odometer(inside.dropLast().map(\.count))
      let rows = inside.dropLast().reduce(1) { $0 * $1.count }
      let inner = geometry.inner
      let columns = inside.last ?? 0..<1
      for _ in 0..<rows {
        var (source, target) = (0, 0)
        for (axis, spec) in geometry.outer.enumerated() {
          let o = inside[axis].lowerBound + position.digits[axis]
          source = source * spec.input + o * spec.stride - spec.padBegin + digits[axis] * spec.dilation
          target = target * spec.output + o
        }
        position.advance()
        let shift = (digits.last ?? 0) * inner.dilation - inner.padBegin
        source = source * inner.input + shift
        target *= inner.output
        for o in columns { y[target + o] += w[t] * x[source + o * inner.stride] }
      }
    }
  }
}
