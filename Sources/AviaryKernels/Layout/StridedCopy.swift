import AviaryCore

/// A copy between two regular arrangements of cells: the element at index `i` of `dims` lies at
/// `offset + sum(i[k] * strides[k])` on either side. Transpose, Slice, Expand, Tile, Concat, Split, Pad and
/// DepthToSpace are all such copies.
///
/// Strides and offsets count cells; source strides may be 0 (repeat) or negative (backwards). The caller
/// guarantees that every position lies in its memory and that destinations are distinct.
package struct StridedCopy: Sendable, Equatable {
  package var dims: [Int]
  package var source: [Int]
  package var destination: [Int]
  package var sourceOffset: Int
  package var destinationOffset: Int

  package init(
    dims: [Int], source: [Int], destination: [Int], sourceOffset: Int = 0, destinationOffset: Int = 0
  ) {
    self.dims = dims
    self.source = source
    self.destination = destination
    self.sourceOffset = sourceOffset
    self.destinationOffset = destinationOffset
  }

  /// The same copy with as few axes as possible: neighbours that form one run on both sides are merged.
  package var coalesced: StridedCopy {
    var merged = StridedCopy(
      dims: [], source: [], destination: [], sourceOffset: sourceOffset,
      destinationOffset: destinationOffset)
    for axis in dims.indices.reversed() where dims[axis] != 1 {
      if let inner = merged.dims.first,
        source[axis] == merged.source[0] * inner, destination[axis] == merged.destination[0] * inner
      {
        merged.dims[0] = inner * dims[axis]
      } else {
        merged.dims.insert(dims[axis], at: 0)
        merged.source.insert(source[axis], at: 0)
        merged.destination.insert(destination[axis], at: 0)
      }
    }
    return merged
  }

  /// Copies.
  ///
  /// - Parameter width: bytes of a cell: 1, 2, 4, 8 or 16.
  package func run(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, width: Int, parallel: any Parallel = Serial()
  ) {
    coalesced.runCoalesced(from: from, to: to, width: width, parallel: parallel)
  }

  /// As `run`, for a copy that is coalesced already. Allocates nothing where `isTransposing` is false.
  package func runCoalesced(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, width: Int, parallel: any Parallel = Serial()
  ) {
    guard !dims.contains(0) else { return }
    let from = from + sourceOffset * width
    let to = to + destinationOffset * width
    guard let inner = dims.indices.last else {
      to.copyMemory(from: from, byteCount: width)
      return
    }
    if source[inner] == 1, destination[inner] == 1 {
      copyRows(from, to, width, parallel)
      return
    }
    switch width {
    case 1: copyCells(of: UInt8.self, from, to, parallel)
    case 2: copyCells(of: UInt16.self, from, to, parallel)
    case 4: copyCells(of: UInt32.self, from, to, parallel)
    case 8: copyCells(of: UInt64.self, from, to, parallel)
    default: copyCells(of: Cell16.self, from, to, parallel)
    }
  }

  /// The axis along which the source is contiguous, where the destination is along another.
  private var transposedAxis: Int? {
    guard let last = dims.indices.last, source[last] > 1 else { return nil }
    return dims.indices.last { $0 != last && source[$0] == 1 && dims[$0] >= 4 }
  }

  /// Whether a coalesced copy walks source and destination along different axes.
  package var isTransposing: Bool { transposedAxis != nil }

  /// Cells that make a chunk worth handing to another thread.
  static let grain = 1 << 15

  private func copyRows(
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ width: Int, _ parallel: any Parallel
  ) {
    let row = dims[dims.count - 1]
    let count = dims.dropLast().reduce(1, *)
    if count == 1 {
      parallel.forEach(row, grain: 1 << 18) { range in
        (to + range.lowerBound * width)
          .copyMemory(from: from + range.lowerBound * width, byteCount: range.count * width)
      }
      return
    }
    let bytes = row * width
    parallel.forEach(count, grain: max(1, Self.grain / row)) { range in
      walk(dims, source, destination, axes: dims.count - 1, range) { s, d in
        (to + d * width).copyMemory(from: from + s * width, byteCount: bytes)
      }
    }
  }

  /// Copies cell by cell. Where the source runs along another axis than the destination (a transposed
  /// matrix in the midst of the shape), both are walked in blocks so that neither strides through memory.
  @inline(__always)
  private func copyCells<Cell: BitwiseCopyable>(
    of: Cell.Type, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ parallel: any Parallel
  ) {
    let from = from.assumingMemoryBound(to: Cell.self)
    let to = to.assumingMemoryBound(to: Cell.self)
    let last = dims.count - 1
    let row = dims[last]
    let (sourceStep, step) = (source[last], destination[last])
    guard let column = transposedAxis else {
      let count = dims.dropLast().reduce(1, *)
      parallel.forEach(count, grain: max(1, Self.grain / row)) { range in
        walk(dims, source, destination, axes: last, range) { s, d in
          for i in 0..<row { to[d + i * step] = from[s + i * sourceStep] }
        }
      }
      return
    }
    // Walking that axis in step with the last one makes blocks.
    var outer = Array(dims.dropLast())
    var outerSource = Array(source.dropLast())
    var outerDestination = Array(destination.dropLast())
    let columns = dims[column]
    let columnStep = destination[column]
    outer.remove(at: column)
    outerSource.remove(at: column)
    outerDestination.remove(at: column)
    let side = 64
    let blocks = (columns + side - 1) / side
    outer.append(blocks)
    outerSource.append(side)
    outerDestination.append(side * columnStep)
    let count = outer.reduce(1, *)
    parallel.forEach(count, grain: max(1, Self.grain / (row * side))) { range in
      var position = range.lowerBound
      walk(outer, outerSource, outerDestination, range) { s, d in
        let block = position % blocks
        position += 1
        let width = min(side, columns - block * side)
        if row < 16 {
          for i in 0..<row {
            for j in 0..<width { to[d + i * step + j * columnStep] = from[s + i * sourceStep + j] }
          }
          return
        }
        var start = 0
        while start < row {
          let end = min(row, start + 16)
          for j in 0..<width {
            for i in start..<end { to[d + i * step + j * columnStep] = from[s + i * sourceStep + j] }
          }
          start = end
        }
      }
    }
  }
}

/// Elements between neighbours along each axis of a dense row-major array (`max(extent, 1)` for empty ones).
/// Wraps around for extents that no `Shape` holds, so that it may run before they are checked.
package func denseStrides(_ dims: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: dims.count)
  var step = 1
  for axis in dims.indices.reversed() {
    strides[axis] = step
    step &*= max(dims[axis], 1)
  }
  return strides
}
