import AviaryCore

/// Transposed convolution: every input element adds its multiple of the window to the output.
///
/// The geometry is that of the convolution it transposes: `axes[i].input` is the extent of this operation's
/// *output*, `axes[i].output` that of its input; `inputChannels` the channels it writes, `outputChannels`
/// those it reads. Weights are (channels read) x (channels written / groups) x kernel.
package enum ConvTransposed {
  /// Elements of the intermediate product of one image and group; `nil` where that overflows.
  package static func productSize(_ geometry: ConvGeometry) -> Int? {
    let (rows, first) = geometry.groupInputs.multipliedReportingOverflow(by: geometry.taps)
    let (size, second) = rows.multipliedReportingOverflow(by: geometry.outputArea)
    return first || second ? nil : size
  }

  /// Folds the product of one image and group, (channels written, tap) x (position read), into its output.
  ///
  /// - Parameters:
  ///   - bias: one value a written channel of the group, or `nil`.
  ///   - y: the group's channels of one image.
  package static func fold(
    _ geometry: ConvGeometry, isDouble: Bool, product: UnsafeRawPointer, bias: UnsafeRawPointer?,
    y: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let product = product.assumingMemoryBound(to: T.self)
      let bias = bias?.assumingMemoryBound(to: T.self)
      let y = y.assumingMemoryBound(to: T.self)
      let (readArea, writtenArea) = (geometry.outputArea, geometry.inputArea)
      let grain = max(1, 16384 / max(1, readArea * geometry.taps))
      parallel.forEach(geometry.groupInputs, grain: grain) { range in
        for channel in range {
          let target = y + channel * writtenArea
          target.update(repeating: bias.map { $0[channel] } ?? 0, count: writtenArea)
          guard readArea > 0 else { continue }
          var tap = Odometer(geometry.axes.map(\.kernel))
          for t in 0..<geometry.taps {
            add(
              geometry, tap.digits, product + (channel * geometry.taps + t) * readArea, to: target)
            tap.advance()
          }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  @inline(__always)
  private static func add<T: RealElement>(
    _ geometry: ConvGeometry, _ tap: [Int], _ x: UnsafePointer<T>, to y: UnsafeMutablePointer<T>
  ) {
    let inside = zip(geometry.axes, tap).map { $0.inside(tap: $1) }
    guard inside.allSatisfy({ !$0.isEmpty }) else { return }
    let inner = geometry.inner
    let shift = (tap.last ?? 0) * inner.dilation - inner.padBegin
    let columns = inside.last ?? 0..<1
    var position = Odometer(inside.dropLast().map(\.count))
    for _ in 0..<inside.dropLast().reduce(1, { $0 * $1.count }) {
      var (source, target) = (0, 0)
      for (axis, spec) in geometry.outer.enumerated() {
        let i = inside[axis].lowerBound + position.digits[axis]
        source = source * spec.output + i
        target = target * spec.input + i * spec.stride - spec.padBegin + tap[axis] * spec.dilation
      }
      position.advance()
      let from = x + source * inner.output
      let to = y + (target * inner.input + shift)
      for i in columns { to[i * inner.stride] += from[i] }
    }
  }
}
