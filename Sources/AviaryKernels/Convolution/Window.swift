import AviaryCore

/// How one spatial axis is covered by a sliding window (convolution and pooling).
///
/// Output x covers input `x * stride - padBegin + tap * dilation` for every tap in `0 ..< kernel`.
package struct WindowAxis: Sendable, Equatable {
  package var input: Int
  package var output: Int
  package var kernel: Int
  package var stride = 1
  package var dilation = 1
  package var padBegin = 0
  package var padEnd = 0

  package init(
    input: Int, output: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, padBegin: Int = 0,
    padEnd: Int = 0
  ) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.padBegin = padBegin
    self.padEnd = padEnd
  }

  /// The outputs for which a tap reads inside the input.
  @inlinable package func inside(tap: Int) -> Range<Int> {
    let shift = padBegin - tap * dilation
    // x * stride >= shift and x * stride < shift + input
    let low = shift > 0 ? (shift - 1) / stride + 1 : 0
    let end = shift + input
    let high = end > 0 ? min(output, (end - 1) / stride + 1) : 0
    return low < high ? low..<high : 0..<0
  }

  /// The taps with which an output reads inside the input.
  @inlinable package func taps(output x: Int) -> Range<Int> {
    let start = x * stride - padBegin
    let low = start < 0 ? (-start - 1) / dilation + 1 : 0
    let high = start < input ? min(kernel, (input - start - 1) / dilation + 1) : 0
    return low < high ? low..<high : 0..<0
  }
}

/// `auto_pad` of convolutions and pools.
package enum AutoPad: String, Sendable {
  case notSet = "NOTSET"
  case sameUpper = "SAME_UPPER"
  case sameLower = "SAME_LOWER"
  case valid = "VALID"
}

/// The window attributes that convolutions and pools share. Empty lists mean the defaults of the
/// specification: strides and dilations of 1, no padding.
package struct WindowAttributes: Sendable {
  package var strides: [Int] = []
  package var dilations: [Int] = []
  /// All beginnings, then all ends.
  package var pads: [Int] = []
  package var autoPad = AutoPad.notSet
  package var ceilMode = false

  package init() {}

  /// The geometry of every axis.
  ///
  /// - Throws: `OperatorError.invalid` where lists disagree in length, an attribute is out of range, or the
  ///   window is larger than the padded input (in ceil mode: by a stride or more).
  package func axes(input: [Int], kernel: [Int]) throws(OperatorError) -> [WindowAxis] {
    try check(rank: kernel.count)
    var axes: [WindowAxis] = []
    for (axis, extent) in input.enumerated() { axes.append(try self.axis(axis, extent, kernel: kernel)) }
    return axes
  }

  /// The output extents as far as the input's are known.
  ///
  /// - Throws: as `axes`.
  package func outputs(input: [Extent], kernel: [Int]) throws(OperatorError) -> [Extent] {
    try check(rank: kernel.count)
    guard input.count == kernel.count else {
      throw .invalid("the window has \(kernel.count) axes, the input has \(input.count) spatial ones")
    }
    var outputs: [Extent] = []
    for (index, extent) in input.enumerated() {
      guard let extent = extent.value else {
        outputs.append(.unknown)
        continue
      }
      outputs.append(.known(try axis(index, extent, kernel: kernel).output))
    }
    return outputs
  }

  /// Largest value an attribute may have: sums and products of a few of them stay far from overflow.
  private static let largest = 1 << 30

  private func check(rank: Int) throws(OperatorError) {
    func check(
      _ list: [Int], _ name: String, _ count: Int, atLeast low: Int
    ) throws(OperatorError) {
      guard list.isEmpty || list.count == count else {
        throw .invalid("attribute '\(name)' has \(list.count) entries, needs \(count)")
      }
      for value in list where value < low || value > Self.largest {
        throw .invalid("attribute '\(name)' has the value \(value), must lie in \(low) ... \(Self.largest)")
      }
    }
    try check(strides, "strides", rank, atLeast: 1)
    try check(dilations, "dilations", rank, atLeast: 1)
    if autoPad == .notSet { try check(pads, "pads", 2 * rank, atLeast: 0) }
  }

  private func axis(_ index: Int, _ input: Int, kernel: [Int]) throws(OperatorError) -> WindowAxis {
    guard kernel.indices.contains(index), kernel[index] >= 1, kernel[index] <= Self.largest else {
      throw .invalid("the window \(kernel) does not fit the input's axis \(index + 2)")
    }
    guard input >= 0, input <= Int.max >> 8 else { throw .invalid("extent \(input) is not possible") }
    var axis = WindowAxis(input: input, output: 0, kernel: kernel[index])
    axis.stride = strides.isEmpty ? 1 : strides[index]
    axis.dilation = dilations.isEmpty ? 1 : dilations[index]
    let covered = (axis.kernel - 1) * axis.dilation + 1
    switch autoPad {
    case .sameUpper, .sameLower:
      axis.output = input == 0 ? 0 : (input - 1) / axis.stride + 1
      let total = max(0, (axis.output - 1) * axis.stride + covered - input)
      // An odd total leaves one more at the end (upper) or at the beginning (lower).
      axis.padBegin = autoPad == .sameUpper ? total / 2 : total - total / 2
      axis.padEnd = total - axis.padBegin
      return axis
    case .notSet where !pads.isEmpty:
      axis.padBegin = pads[index]
      axis.padEnd = pads[index + pads.count / 2]
    case .notSet, .valid: break
    }
    let padded = input + axis.padBegin + axis.padEnd
    let room = padded - covered
    guard room >= 0 else {
      if ceilMode, input > 0, -room < axis.stride {
        // Rounded up there is one window (transformers' EfficientNet pools so). Taps beyond the padding count nowhere.
        axis.kernel = (padded - 1) / axis.dilation + 1
        axis.output = 1
        return axis
      }
      guard input == 0 else {
        throw .invalid(
          "a window that covers \(covered) does not fit axis \(index + 2) of extent \(input) with padding "
            + "\(axis.padBegin) and \(axis.padEnd)")
      }
      return axis
    }
    axis.output = room / axis.stride + 1
    if ceilMode, room % axis.stride != 0, axis.output * axis.stride < input + axis.padBegin {
      // One more window, unless it would begin in the padding at the end.
      axis.output += 1
    }
    return axis
  }
}
