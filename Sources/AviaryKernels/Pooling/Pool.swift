import AviaryCore

/// Pooling over sliding windows, any number of axes. `planes` is batch times channels.
package struct Pool {
  private let rows: WindowRows
  private let planes: Int
  private let inputArea: Int
  private let outputArea: Int

  package init(planes: Int, axes: [WindowAxis]) {
    rows = WindowRows(axes)
    self.planes = planes
    inputArea = axes.reduce(1) { $0 * $1.input }
    outputArea = axes.reduce(1) { $0 * $1.output }
  }

  private var grain: Int { Swift.max(1, 16384 / Swift.max(1, outputArea * Swift.max(1, rows.taps.count))) }

  /// The largest element of every window; NaN where it holds one, `lowest` where it lies in the padding.
  package func max(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType, lowest: ElementRow,
    parallel: any Parallel
  ) {
    func run<T: ComputeElement>(_ type: T.Type) {
      var low = T.least
      T.load(lowest, 0, 1, into: &low)
      forEachPlane(x, y, T.self, parallel) { x, y in
        y.update(repeating: low, count: outputArea)
        forEachRun(y) { tap, out, line in
          let from = x + (line + tap.shift)
          if rows.stride == 1 {
            for o in tap.columns { out[o] = from[o].maximum(out[o]) }
          } else {
            for o in tap.columns { out[o] = from[o * rows.stride].maximum(out[o]) }
          }
        }
      }
    }
    dispatch(compute, run(Float.self), run(Double.self), run(Int64.self), run(UInt64.self))
  }

  /// As `max`, and where each stands: its position in the whole tensor, -1 in the padding. Of equal elements
  /// the first counts.
  ///
  /// - Parameter columnMajor: Count positions within a channel with the first spatial axis fastest.
  package func maxWithIndices(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ indices: UnsafeMutablePointer<Int64>,
    _ compute: ComputeType, lowest: ElementRow, columnMajor: Bool, parallel: any Parallel
  ) {
    func run<T: ComputeElement>(_ type: T.Type) {
      var low = T.least
      T.load(lowest, 0, 1, into: &low)
      let input = x.assumingMemoryBound(to: T.self)
      let output = y.assumingMemoryBound(to: T.self)
      parallel.forEach(planes, grain: grain) { range in
        for plane in range {
          let x = input + plane * inputArea
          let y = output + plane * outputArea
          let index = indices + plane * outputArea
          y.update(repeating: low, count: outputArea)
          index.update(repeating: -1, count: outputArea)
          forEachRun(y) { tap, out, line in
            let first = out - y
            for o in tap.columns {
              let position = line + tap.shift + o * rows.stride
              let value = x[position]
              if index[first + o] < 0 || value > out[o] || (value.isNotANumber && !out[o].isNotANumber) {
                out[o] = value
                index[first + o] = Int64(position)
              }
            }
          }
          for o in 0..<outputArea where index[o] >= 0 {
            let position = columnMajor ? transposed(Int(index[o])) : Int(index[o])
            index[o] = Int64(plane * inputArea + position)
          }
        }
      }
    }
    dispatch(compute, run(Float.self), run(Double.self), run(Int64.self), run(UInt64.self))
  }

  /// A position within a channel, counted with the first axis fastest.
  private func transposed(_ position: Int) -> Int {
    var rest = position
    var digits: [Int] = []
    for axis in rows.axes.reversed() {
      digits.append(rest % axis.input)
      rest /= axis.input
    }
    // `digits` is last axis first: Horner's rule from the last axis on.
    return zip(rows.axes.reversed(), digits).reduce(0) { $0 * $1.0.input + $1.1 }
  }

  /// The mean of every window, over the taps inside the input or, with `includePadding`, inside the padding
  /// too.
  package func average(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, isDouble: Bool, includePadding: Bool,
    parallel: any Parallel
  ) {
    let counts = WindowRows.products(
      rows.axes.map { WindowRows.counts($0, includePadding: includePadding) })
    func run<T: RealElement>(_ type: T.Type) {
      forEachPlane(x, y, T.self, parallel) { x, y in
        sum(x, y) { $0 }
        for o in 0..<outputArea where counts[o] > 0 { y[o] /= T(counts[o]) }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  /// (sum of |x|^p)^(1/p) over every window; padding counts as 0.
  package func norm(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, isDouble: Bool, p: Double, parallel: any Parallel
  ) {
    func run<T: RealElement>(_ type: T.Type) {
      let power = T(p)
      forEachPlane(x, y, T.self, parallel) { x, y in
        if p == 2 {
          sum(x, y) { $0 * $0 }
          for o in 0..<outputArea { y[o] = y[o].squareRoot() }
        } else if p == 1 {
          sum(x, y) { $0.magnitude }
        } else {
          sum(x, y) { T.pow($0.magnitude, power) }
          for o in 0..<outputArea { y[o] = T.pow(y[o], 1 / power) }
        }
      }
    }
    if isDouble { run(Double.self) } else { run(Float.self) }
  }

  @inline(__always)
  private func sum<T: RealElement>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ term: (T) -> T
  ) {
    y.update(repeating: 0, count: outputArea)
    forEachRun(y) { tap, out, line in
      let from = x + (line + tap.shift)
      if rows.stride == 1 {
        for o in tap.columns { out[o] += term(from[o]) }
      } else {
        for o in tap.columns { out[o] += term(from[o * rows.stride]) }
      }
    }
  }

  @inline(__always)
  private func forEachPlane<T>(
    _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ type: T.Type, _ parallel: any Parallel,
    _ body: (UnsafePointer<T>, UnsafeMutablePointer<T>) -> Void
  ) {
    let input = x.assumingMemoryBound(to: T.self)
    let output = y.assumingMemoryBound(to: T.self)
    parallel.forEach(planes, grain: grain) { range in
      for plane in range { body(input + plane * inputArea, output + plane * outputArea) }
    }
  }

  /// Calls `body` for every tap of every input line of every row, with the row's outputs.
  @inline(__always)
  private func forEachRun<T>(
    _ y: UnsafeMutablePointer<T>, _ body: (WindowRows.Tap, UnsafeMutablePointer<T>, Int) -> Void
  ) {
    for row in 0..<rows.rows {
      let out = y + row * rows.columns
      for source in rows.starts[row]..<rows.starts[row + 1] {
        for tap in rows.taps { body(tap, out, rows.sources[source]) }
      }
    }
  }
}

/// Picks one of four specialised loops.
@inline(__always)
func dispatch(
  _ compute: ComputeType, _ float: @autoclosure () -> Void, _ double: @autoclosure () -> Void,
  _ int64: @autoclosure () -> Void, _ uint64: @autoclosure () -> Void
) {
  switch compute {
  case .float: float()
  case .double: double()
  case .int64: int64()
  case .uint64: uint64()
  }
}
