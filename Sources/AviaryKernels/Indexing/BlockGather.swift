import AviaryCore

/// `output[o, i] = data[o, indices[i]]` for blocks of `blockBytes`: the copy behind Gather and GatherND.
///
/// - Parameters:
///   - outer: how many times the indices are applied, each to the next `extent` blocks of `data`.
///   - indices: block positions in `0 ..< extent`, checked by the caller.
package func gatherBlocks(
  from data: UnsafeRawPointer, to output: UnsafeMutableRawPointer, outer: Int, extent: Int,
  indices: [Int], blockBytes: Int, parallel: any Parallel = Serial()
) {
  let count = indices.count
  guard count > 0, blockBytes > 0 else { return }
  let (total, overflow) = outer.multipliedReportingOverflow(by: count)
  guard !overflow else { return }
  let grain = max(1, (StridedCopy.grain * 4) / blockBytes)
  indices.withUnsafeBufferPointer { indices in
    parallel.forEach(total, grain: grain) { range in
      var o = range.lowerBound / count
      var i = range.lowerBound % count
      for position in range {
        let from = data + (o * extent + indices[i]) * blockBytes
        (output + position * blockBytes).copyMemory(from: from, byteCount: blockBytes)
        i += 1
        if i == count {
          i = 0
          o += 1
        }
      }
    }
  }
}
