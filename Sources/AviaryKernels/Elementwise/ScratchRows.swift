/// Length of the rows through which elements of other types pass on their way to a compute type: short
/// enough that a few of them stay in the first-level cache.
package let scratchRowLength = 512

/// Calls `body` with memory for `rows` scratch rows of the widest compute type (8 bytes).
@inline(__always)
package func withScratchRows(_ rows: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: max(1, rows) * scratchRowBytes, alignment: 64) { memory in
    if let base = memory.baseAddress { body(base) }
  }
}

/// Bytes of one scratch row.
package let scratchRowBytes = scratchRowLength * 8
