import AviaryCore
import CSIMD

/// Maximum and average over windows on blocked layout.
package struct BlockedPool: Sendable {
  package enum Kind: Sendable, Equatable {
    case max
    /// The mean of the elements inside the image, or of those in the padding (0) too.
    case average(includePadding: Bool)
  }

  private let kind: Kind
  private let planes: Int
  private let rows: WindowAxis
  private let columns: WindowAxis
  private let kernels: TileKernels
  private let lanes: Int
  /// Output columns whose windows lie inside the image.
  private let inside: Range<Int>
  /// For columns inside, then for each column at the border: offsets of the taps that lie inside, row by
  /// row, and how many a row has.
  private let steps: [(offsets: Offsets, perRow: Int)]

  /// - Parameter planes: images times blocks of channels.
  /// - Returns: `nil` where a window has no element inside the image.
  /// - Throws: `TensorError.outOfMemory`.
  package init?(
    _ kind: Kind, planes: Int, rows: WindowAxis, columns: WindowAxis, kernels: TileKernels = .current
  ) throws(TensorError) {
    guard (0..<rows.output).allSatisfy({ !rows.taps(output: $0).isEmpty }),
      (0..<columns.output).allSatisfy({ !columns.taps(output: $0).isEmpty })
    else { return nil }
    self.kind = kind
    self.planes = planes
    self.rows = rows
    self.columns = columns
    self.kernels = kernels
    let lanes = Int(kernels.table.lanes)
    self.lanes = lanes
    let whole = (0..<columns.output).filter { columns.taps(output: $0).count == columns.kernel }
    inside = whole.isEmpty ? 0..<0 : whole[0]..<(whole[whole.count - 1] + 1)
    func table(_ taps: Range<Int>) throws(TensorError) -> (Offsets, Int) {
      var offsets: [Int] = []
      for y in 0..<rows.kernel {
        for x in taps {
          offsets.append((y * rows.dilation * columns.input + x * columns.dilation) * lanes)
        }
      }
      return (try Offsets(offsets), taps.count)
    }
    var steps: [(offsets: Offsets, perRow: Int)] = [try table(0..<columns.kernel)]
    for x in 0..<columns.output where !inside.contains(x) { steps.append(try table(columns.taps(output: x))) }
    self.steps = steps
  }

  /// - Parameters:
  ///   - x: planes x H x W x c.
  ///   - y: planes x H' x W' x c.
  package func run(
    x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, parallel: any Parallel
  ) {
    let work = rows.output * columns.output * rows.kernel * columns.kernel
    parallel.forEach(planes, grain: max(1, 20_000 / max(1, work))) { range, _ in
      for plane in range {
        let source = x + plane * rows.input * columns.input * lanes
        for row in 0..<rows.output {
          let target = y + (plane * rows.output + row) * columns.output * lanes
          if !inside.isEmpty { pool(source, target, row: row, columns: inside, table: 0) }
          var table = 1
          for column in 0..<columns.output where !inside.contains(column) {
            pool(source, target, row: row, columns: column..<column + 1, table: table)
            table += 1
          }
        }
      }
    }
  }

  private func pool(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, row: Int, columns part: Range<Int>,
    table: Int
  ) {
    let taps = rows.taps(output: row)
    let (offsets, perRow) = steps[table]
    // May lie outside the image; the offsets of taps inside bring it back.
    let place =
      ((row * rows.stride - rows.padBegin) * columns.input + part.lowerBound * columns.stride
        - columns.padBegin) * lanes
    let list = offsets.base + taps.lowerBound * perRow
    let dst = target + part.lowerBound * lanes
    switch kind {
    case .max:
      kernels.table.pool_max(
        source + place, list, taps.count * perRow, columns.stride * lanes, part.count, dst)
    case .average(let includePadding):
      let elements =
        includePadding
        ? rows.padded(output: row) * columns.padded(output: part.lowerBound) : taps.count * perRow
      kernels.table.pool_sum(
        source + place, list, taps.count * perRow, columns.stride * lanes, part.count, 1 / Float(elements), dst)
    }
  }
}

extension WindowAxis {
  /// Taps with which an output reads inside the image or its padding.
  fileprivate func padded(output: Int) -> Int {
    let start = output * stride
    let end = input + padBegin + padEnd
    return start < end ? min(kernel, (end - start - 1) / dilation + 1) : 0
  }
}
