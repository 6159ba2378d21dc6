import AviaryCore

/// The extents of a convolution over any number of spatial axes: input N x C x spatial, weights
/// M x C/groups x kernel, output N x M x spatial.
package struct ConvGeometry: Sendable, Equatable {
  package var batch: Int
  package var groups: Int
  package var inputChannels: Int
  package var outputChannels: Int
  package var axes: [WindowAxis]

  package init(batch: Int, groups: Int, inputChannels: Int, outputChannels: Int, axes: [WindowAxis]) {
    self.batch = batch
    self.groups = groups
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.axes = axes
  }

  package var groupInputs: Int { inputChannels / groups }
  package var groupOutputs: Int { outputChannels / groups }
  /// Positions of one channel of the input.
  package var inputArea: Int { axes.reduce(1) { $0 * $1.input } }
  /// Positions of one channel of the output.
  package var outputArea: Int { axes.reduce(1) { $0 * $1.output } }
  /// Taps of the window.
  package var taps: Int { axes.reduce(1) { $0 * $1.kernel } }
  /// Products that one output sums up.
  package var depth: Int { groupInputs * taps }

  /// The same convolution with as few axes as possible. Innermost axes of one position and one tap say
  /// nothing; where every axis is a window of 1 without stride and padding, all positions form one axis.
  package var simplified: ConvGeometry {
    let isPointwise = axes.allSatisfy {
      $0.kernel == 1 && $0.stride == 1 && $0.padBegin == 0 && $0.input == $0.output
    }
    var simple = self
    if isPointwise {
      simple.axes = [WindowAxis(input: inputArea, output: outputArea, kernel: 1)]
      return simple
    }
    while let last = simple.axes.last, simple.axes.count > 1, last.input == 1, last.output == 1,
      last.kernel == 1, last.padBegin == 0
    {
      simple.axes.removeLast()
    }
    return simple
  }

  /// The innermost axis. A geometry without axes has one position.
  var inner: WindowAxis { axes.last ?? WindowAxis(input: 1, output: 1, kernel: 1) }
  /// All axes but the innermost.
  var outer: ArraySlice<WindowAxis> { axes.dropLast() }
}

/// Counts through the positions of several axes, the last fastest.
struct Odometer {
  let extents: [Int]
  private(set) var digits: [Int]

  init(_ extents: [Int]) {
    self.extents = extents
    digits = [Int](repeating: 0, count: extents.count)
  }

  /// Starts at position `index`; every extent must be above 0.
  init(_ extents: [Int], at index: Int) {
    self.init(extents)
    var rest = index
    for axis in extents.indices.reversed() {
      digits[axis] = rest % extents[axis]
      rest /= extents[axis]
    }
  }

  mutating func advance() {
    for axis in extents.indices.reversed() {
      digits[axis] += 1
      if digits[axis] < extents[axis] { return }
      digits[axis] = 0
    }
  }
}
