import CSIMD

/// Writes rows of the matrix that turns a convolution into a product: row (c, tap), column = output position,
/// for a block of columns.
///
/// Row segments and the places they read from are worked out once per block and used for every row.
struct Unfolder {
  private let geometry: ConvGeometry
  private let stride: Int
  private let columns: Int
  private let width: Int
  private let kernels: TileKernels
  private let firstChannel: Int
  /// Runs of neighbouring outputs, each within one row of the output.
  private var segments: [aviary_segment] = []
  /// For each position of the outer taps, for each segment: where its row begins in channel 0, or -1.
  private var sources: [Int] = []

  init(
    _ geometry: ConvGeometry, group: Int, images: Range<Int>, columns: Range<Int>, stride: Int,
    kernels: TileKernels
  ) {
    self.geometry = geometry
    self.stride = stride
    self.kernels = kernels
    self.columns = images.count * columns.count
    width = kernels.columns
    firstChannel = group * geometry.groupInputs
    let rowLength = max(1, geometry.inner.output)
    var rows: [(image: Int, row: Int)] = []
    for (index, image) in images.enumerated() {
      var column = columns.lowerBound
      while column < columns.upperBound {
        let (row, first) = column.quotientAndRemainder(dividingBy: rowLength)
        let count = min(rowLength - first, columns.upperBound - column)
        segments.append(
          aviary_segment(
            first: first, count: count, target: index * columns.count + column - columns.lowerBound))
        rows.append((image, row))
        column += count
      }
    }
    addSources(rows)
  }

  private mutating func addSources(_ rows: [(image: Int, row: Int)]) {
    let outer = Array(geometry.outer)
    let imageSize = geometry.inputChannels * geometry.inputArea
    let positions = rows.map { Odometer(outer.map(\.output), at: $0.row).digits }
    var tap = Odometer(outer.map(\.kernel))
    let taps = outer.reduce(1) { $0 * $1.kernel }
    sources.reserveCapacity(taps * rows.count)
    for _ in 0..<taps {
      for (index, position) in positions.enumerated() {
        var source = 0
        var inside = true
        for (axis, spec) in outer.enumerated() {
          let i = position[axis] * spec.stride - spec.padBegin + tap.digits[axis] * spec.dilation
          inside = inside && i >= 0 && i < spec.input
          source = source * spec.input + i
        }
        sources.append(inside ? rows[index].image * imageSize + source * geometry.inner.input : -1)
      }
      tap.advance()
    }
  }

  /// Writes `rows` of the matrix; row r begins at `target + (r - rows.lowerBound) * stride`. Columns up to
  /// the next panel boundary are zeroed.
  func unfold(_ x: UnsafePointer<Float>, rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let inner = geometry.inner
    let area = geometry.inputArea
    let taps = geometry.taps
    let padded = (columns + width - 1) / width * width
    sources.withUnsafeBufferPointer { sources in
      segments.withUnsafeBufferPointer { segments in
        guard let sourceBase = sources.baseAddress, let segmentBase = segments.baseAddress else { return }
        for row in rows {
          let (channel, tap) = row.quotientAndRemainder(dividingBy: taps)
          let (outerTap, innerTap) = tap.quotientAndRemainder(dividingBy: inner.kernel)
          let inside = inner.inside(tap: innerTap)
          let to = target + (row - rows.lowerBound) * stride
          kernels.table.unfold(
            to, x + (firstChannel + channel) * area, sourceBase + outerTap * segments.count, segmentBase,
            segments.count, inside.lowerBound, inside.upperBound, inner.stride,
            innerTap * inner.dilation - inner.padBegin)
          for column in columns..<padded { to[column] = 0 }
        }
      }
    }
  }
}
