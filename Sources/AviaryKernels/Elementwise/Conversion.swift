import AviaryCore

/// y = x in another numeric type, each element rounded at most once (through Float where the target is
/// bfloat16 or smaller).
///
/// Integers keep their low bits where the target is narrower; floating point outside an integer's range
/// gives what x86 processors give; see `ComputeElement`. `y` may lie over `x` where both elements have the
/// same width.
package func convert(_ x: ElementRow, _ y: MutableElementRow, count: Int, parallel: any Parallel) {
  guard count > 0, let compute = x.type.computeType else { return }
  if x.type == y.type {
    y.base.copyMemory(from: x.base, byteCount: x.type.byteCount(of: count) ?? 0)
    return
  }
  let walker: any Parallel = y.type.isPacked ? Serial() : parallel
  walker.forEach(count, grain: 8192) { range in
    let (start, length) = (range.lowerBound, range.count)
    if x.type == compute.elementType {
      return storeRow(compute, x.base + start * compute.stride, length, y, start)
    }
    if y.type == compute.elementType {
      return loadRow(compute, x, start, length, y.base + start * compute.stride)
    }
    withScratchRows(1) { scratch in
      for first in stride(from: start, to: range.upperBound, by: scratchRowLength) {
        let count = min(scratchRowLength, range.upperBound - first)
        loadRow(compute, x, first, count, scratch)
        storeRow(compute, scratch, count, y, first)
      }
    }
  }
}
