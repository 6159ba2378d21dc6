import AviaryCore

/// Which runs of input elements meet which row of outputs, for a window that slides over one channel.
///
/// Worked out once per run of an operator and used for every channel. A row is a line of outputs along the
/// innermost axis; `sources` are the beginnings of the input lines that meet it, `taps` say how columns of
/// one line meet columns of the row.
struct WindowRows {
  struct Tap {
    /// Columns of the output that this tap serves from inside the input.
    let columns: Range<Int>
    /// Output column x reads input column x * stride + shift.
    let shift: Int
  }

  let rows: Int
  /// Outputs in a row.
  let columns: Int
  let stride: Int
  let taps: [Tap]
  /// Input lines of row r: `sources[starts[r] ..< starts[r + 1]]`, each the position of its first element.
  let sources: [Int]
  let starts: [Int]
  /// The axes, the innermost last.
  let axes: [WindowAxis]

  init(_ axes: [WindowAxis]) {
    self.axes = axes
    let inner = axes.last ?? WindowAxis(input: 1, output: 1, kernel: 1)
    let outer = Array(axes.dropLast())
    columns = inner.output
    stride = inner.stride
    taps = (0..<inner.kernel).compactMap { tap in
      let inside = inner.inside(tap: tap)
      return inside.isEmpty ? nil : Tap(columns: inside, shift: tap * inner.dilation - inner.padBegin)
    }
    rows = outer.reduce(1) { $0 * $1.output }
    var sources: [Int] = []
    var starts = [0]
    if rows > 0 {
      var position = Odometer(outer.map(\.output))
      for _ in 0..<rows {
        let ranges = zip(outer, position.digits).map { $0.taps(output: $1) }
        var tap = Odometer(ranges.map(\.count))
        for _ in 0..<ranges.reduce(1, { $0 * $1.count }) {
          var line = 0
          for (axis, spec) in outer.enumerated() {
            let t = ranges[axis].lowerBound + tap.digits[axis]
            line = line * spec.input + position.digits[axis] * spec.stride - spec.padBegin + t * spec.dilation
          }
          sources.append(line * inner.input)
          tap.advance()
        }
        starts.append(sources.count)
        position.advance()
      }
    }
    self.sources = sources
    self.starts = starts
  }

  /// How many taps of an axis lie inside the input, or inside input and padding, for each output.
  static func counts(_ axis: WindowAxis, includePadding: Bool) -> [Int] {
    (0..<axis.output).map { x in
      guard includePadding else { return axis.taps(output: x).count }
      // The last window of ceil_mode may reach beyond the padding: those taps count nowhere.
      let room = axis.input + axis.padEnd - (x * axis.stride - axis.padBegin)
      return room <= 0 ? 0 : min(axis.kernel, (room - 1) / axis.dilation + 1)
    }
  }

  /// For every output position, the product of a count per axis.
  static func products(_ perAxis: [[Int]]) -> [Int] {
    perAxis.reduce([1]) { products, counts in products.flatMap { product in counts.map { product * $0 } } }
  }
}
