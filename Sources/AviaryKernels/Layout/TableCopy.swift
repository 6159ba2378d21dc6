import AviaryCore

/// A copy whose source position is a sum of one table entry per axis: cell `i` of the destination (dense,
/// row-major) is source cell `sum(tables[k][i[k]])`, or the fill cell where any entry is negative. Nearest
/// resizing and reflecting, repeating or wrapping pads are such copies.
package struct TableCopy: Sendable {
  /// Per axis, per destination index: the offset in cells that this axis contributes, or -1 for none.
  package var tables: [[Int]]

  package init(tables: [[Int]]) { self.tables = tables }

  /// - Parameter fill: one cell, used where a table says -1.
  package func run(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, fill: UnsafeRawPointer, width: Int,
    parallel: any Parallel = Serial()
  ) {
    guard !tables.contains(where: \.isEmpty) else { return }
    switch width {
    case 1: copy(UInt8.self, from, to, fill, parallel)
    case 2: copy(UInt16.self, from, to, fill, parallel)
    case 4: copy(UInt32.self, from, to, fill, parallel)
    case 8: copy(UInt64.self, from, to, fill, parallel)
    default: copy(Cell16.self, from, to, fill, parallel)
    }
  }

  @inline(__always)
  private func copy<Cell: BitwiseCopyable>(
    _: Cell.Type, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ fill: UnsafeRawPointer,
    _ parallel: any Parallel
  ) {
    let from = from.assumingMemoryBound(to: Cell.self)
    let to = to.assumingMemoryBound(to: Cell.self)
    let fill = fill.assumingMemoryBound(to: Cell.self)[0]
    guard let last = tables.last else {
      to[0] = from[0]
      return
    }
    let outer = tables.dropLast()
    let rows = outer.reduce(1) { $0 * $1.count }
    let row = last.count
    let isWhole = last.allSatisfy { $0 >= 0 }
    parallel.forEach(rows, grain: max(1, StridedCopy.grain / row)) { range in
      var previous = -1
      for index in range {
        var rest = index
        var base = 0
        for table in outer.reversed() {
          let offset = table[rest % table.count]
          rest /= table.count
          base = offset < 0 || base < 0 ? -1 : base + offset
        }
        let line = to + index * row
        if base < 0 {
          line.update(repeating: fill, count: row)
        } else if base == previous {
          // An axis that grows repeats rows.
          line.update(from: line - row, count: row)
        } else if isWhole {
          last.withUnsafeBufferPointer { offsets in for i in 0..<row { line[i] = from[base + offsets[i]] } }
        } else {
          last.withUnsafeBufferPointer { offsets in
            for i in 0..<row {
              let offset = offsets[i]
              line[i] = offset < 0 ? fill : from[base + offset]
            }
          }
        }
        previous = base
      }
    }
  }
}
