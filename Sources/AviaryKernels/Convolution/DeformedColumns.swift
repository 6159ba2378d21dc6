import AviaryCore

/// What a deformable convolution multiplies: for every input channel and tap a row of samples, one an output
/// position, taken between the pixels where offsets point.
package struct DeformedColumns: Sendable {
  package let geometry: ConvGeometry
  package let offsetGroups: Int

  package init(_ geometry: ConvGeometry, offsetGroups: Int) {
    self.geometry = geometry
    self.offsetGroups = offsetGroups
  }

  /// Samples one image.
  ///
  /// - Parameters:
  ///   - x: C x spatial.
  ///   - offsets: offset groups x taps x axes x output positions.
  ///   - mask: offset groups x taps x output positions; 1 where absent.
  ///   - columns: C x taps x output positions.
  package func run(
    isDouble: Bool, x: UnsafeRawPointer, offsets: UnsafeRawPointer, mask: UnsafeRawPointer?,
    columns: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let mask = mask?.assumingMemoryBound(to: T.self)
      let (x, offsets) = (x.assumingMemoryBound(to: T.self), offsets.assumingMemoryBound(to: T.self))
      let columns = columns.assumingMemoryBound(to: T.self)
      let (taps, area) = (geometry.taps, geometry.outputArea)
      parallel.forEach(offsetGroups * taps, grain: 1) { range in
        for index in range {
          let (group, tap) = index.quotientAndRemainder(dividingBy: taps)
          sample(
            x, offsets + index * geometry.axes.count * area, mask.map { $0 + index * area }, columns, group: group,
            tap: tap)
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  /// One tap of all channels of an offset group.
  private func sample<T: RealElement>(
    _ x: UnsafePointer<T>, _ offsets: UnsafePointer<T>, _ mask: UnsafePointer<T>?,
    _ columns: UnsafeMutablePointer<T>, group: Int, tap: Int
  ) {
    let axes = geometry.axes
    let (area, taps, inputArea) = (geometry.outputArea, geometry.taps, geometry.inputArea)
    let digits = Odometer(axes.map(\.kernel), at: tap).digits
    let channels = geometry.inputChannels / offsetGroups
    var position = Odometer(axes.map(\.output))
    // Corners of the cell around a sample: places in a channel and weights.
    let corners = 1 << axes.count
    var places = [Int](repeating: 0, count: corners)
    var weights = [T](repeating: 0, count: corners)
    for o in 0..<area {
      (places[0], weights[0]) = (0, mask?[o] ?? 1)
      var count = 1
      for (axis, spec) in axes.enumerated() {
        let start = position.digits[axis] * spec.stride - spec.padBegin + digits[axis] * spec.dilation
        let place = T.of(Double(start)) + offsets[axis * area + o]
        // Beyond the pixels next to the border, and where an offset is no number, there is nothing.
        guard place > -1, place < T.of(Double(spec.input)) else {
          count = 0
          break
        }
        let low = place.rounded(.down)
        let (lower, fraction) = (Int(low.asDouble), place - low)
        // In place: every corner so far becomes one below and one above.
        for i in 0..<count {
          let (base, weight) = (places[i] * spec.input, weights[i])
          (places[count + i], weights[count + i]) =
            lower + 1 < spec.input ? (base + lower + 1, weight * fraction) : (base, 0)
          (places[i], weights[i]) = lower >= 0 ? (base + lower, weight * (1 - fraction)) : (base, 0)
        }
        count *= 2
      }
      position.advance()
      for c in group * channels..<(group + 1) * channels {
        var sum = T.zero
        let channel = x + c * inputArea
        for i in 0..<count where weights[i] != 0 { sum += channel[places[i]] * weights[i] }
        columns[(c * taps + tap) * area + o] = sum
      }
    }
  }
}
