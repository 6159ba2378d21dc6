import AviaryCore

/// y = finish(f(... f(f(x0, x1), x2) ..., xn)) under broadcasting: operands are converted to `compute` row
/// by row, accumulated there and rounded once into the type of `y`.
///
/// `y` may lie over an operand that has the output's number of elements and type.
package func evaluateVariadic(
  _ function: any PairFunction, _ operands: [ElementRow], _ y: MutableElementRow,
  over broadcast: Broadcast, compute: ComputeType, finish: (any RowFunction)? = nil,
  parallel: any Parallel
) {
  broadcast.forEachRow(parallel, longest: scratchRowLength) { offsets, start, count in
    withScratchRows(2) { scratch in
      let (sum, next) = (scratch, scratch + scratchRowBytes)
      for (index, operand) in operands.enumerated() {
        let step = broadcast.steps[index]
        if index == 0 {
          loadRow(compute, operand, offsets[0], step == 0 ? 1 : count, sum)
          if step == 0 { spread(compute, sum, count) }
        } else {
          loadRow(compute, operand, offsets[index], step == 0 ? 1 : count, next)
          function.row(compute, sum, 1, next, step, sum, count)
        }
      }
      finish?.row(compute, sum, sum, count)
      storeRow(compute, sum, count, y, start)
    }
  }
}

/// Repeats the first element of a row.
private func spread(_ compute: ComputeType, _ row: UnsafeMutableRawPointer, _ count: Int) {
  if compute == .float {
    let first = row.load(as: UInt32.self)
    row.assumingMemoryBound(to: UInt32.self).update(repeating: first, count: count)
  } else {
    let first = row.load(as: UInt64.self)
    row.assumingMemoryBound(to: UInt64.self).update(repeating: first, count: count)
  }
}
