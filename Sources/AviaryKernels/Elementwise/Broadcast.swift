import AviaryCore

/// How several dense operands of different shapes walk over one output: multidirectional broadcasting as
/// the ONNX documentation "Broadcasting in ONNX" defines it, for any number of operands and any rank.
///
/// Axes of extent 1 are dropped and neighbouring axes merged wherever every operand allows it, so that
/// equal shapes become a single row and `[N, C, H, W]` with `[1, C, 1, 1]` becomes rows of `H * W`.
package struct Broadcast: Sendable {
  /// Extents of the output, before merging.
  package let shape: Shape
  /// Merged extents without the innermost.
  let outer: [Int]
  /// The innermost merged extent: elements per row, 1 for a scalar.
  let rowLength: Int
  /// Per operand: elements between neighbours in a row, 1 or 0 (one value for the whole row).
  package let steps: [Int]
  /// Per operand: elements between neighbours along each axis of `outer`.
  let outerStrides: [[Int]]

  /// - Throws: `OperatorError.invalid` where the shapes do not broadcast to each other.
  package init(_ shapes: [Shape]) throws(OperatorError) {
    let dims = try Self.dims(shapes.map(\.dims))
    do { shape = try Shape(dims) } catch { throw OperatorError(error) }

    let strides = shapes.map { Self.strides(of: $0, rank: dims.count) }
    var merged: [Int] = []
    var mergedStrides = [[Int]](repeating: [], count: shapes.count)
    for axis in dims.indices where dims[axis] != 1 {
      let last = merged.count - 1
      let continues =
        last >= 0
        && strides.indices.allSatisfy { mergedStrides[$0][last] == strides[$0][axis] &* dims[axis] }
      if continues {
        merged[last] *= dims[axis]
        for operand in strides.indices { mergedStrides[operand][last] = strides[operand][axis] }
      } else {
        merged.append(dims[axis])
        for operand in strides.indices { mergedStrides[operand].append(strides[operand][axis]) }
      }
    }
    outer = Array(merged.dropLast())
    rowLength = merged.last ?? 1
    steps = mergedStrides.map { $0.last ?? 0 }
    outerStrides = mergedStrides.map { Array($0.dropLast()) }
  }

  /// How operands meet, in a word: `same shapes`, `a scalar`, `rows of 3136`.
  package var description: String {
    if outer.isEmpty { return steps.contains(0) ? "a scalar" : "same shapes" }
    if let repetition { return "\(repetition.period) repeated in rows of \(repetition.rowLength)" }
    return "rows of \(rowLength)"
  }

  /// Where one of two operands is a short row that the other meets again and again along its own, longer
  /// row: a bias over channels that are innermost, or over channels in blocks.
  var repetition: Repetition? {
    guard steps == [1, 1], let times = outer.last, rowLength < Repetition.longestPeriod else { return nil }
    let (a, b) = (outerStrides[0].last, outerStrides[1].last)
    guard times > 1, (a == 0) != (b == 0), a == rowLength || b == rowLength else { return nil }
    return Repetition(operand: a == 0 ? 0 : 1, period: rowLength, rowLength: rowLength * times)
  }

  struct Repetition {
    /// Rows from this length on are walked fast enough by themselves.
    static let longestPeriod = 256
    /// Which operand repeats itself.
    let operand: Int
    /// Elements until it does.
    let period: Int
    /// Elements of a row of the other operand.
    let rowLength: Int
  }

  /// The extents that shapes broadcast to.
  ///
  /// - Throws: `OperatorError.invalid` naming the shapes where they do not.
  package static func dims(_ shapes: [[Int]]) throws(OperatorError) -> [Int] {
    let rank = shapes.map(\.count).max() ?? 0
    var dims = [Int](repeating: 1, count: rank)
    for shape in shapes {
      for (axis, dim) in zip(rank - shape.count..<rank, shape) where dim != 1 {
        guard dims[axis] == 1 || dims[axis] == dim else {
          let list = shapes.map { "\($0)" }.joined(separator: " and ")
          throw .invalid("shapes \(list) do not broadcast to each other")
        }
        dims[axis] = dim
      }
    }
    return dims
  }

  /// Strides over the output's axes: 0 along axes where the operand repeats itself.
  private static func strides(of shape: Shape, rank: Int) -> [Int] {
    let padding = [Int](repeating: 0, count: rank - shape.rank)
    return padding + zip(shape.dims, shape.strides).map { $0 == 1 ? 0 : $1 }
  }

  /// Calls `body(offsets, start, count)` for pieces of rows that together cover the output once: each
  /// operand's first element, the output's first element, and how many follow.
  ///
  /// - Parameters:
  ///   - longest: No piece has more elements; callers with scratch rows pass their length.
  ///   - serially: Run on one thread because neighbouring elements share bytes.
  package func forEachRow(
    _ parallel: any Parallel, longest: Int = .max, serially: Bool = false,
    _ body: (UnsafePointer<Int>, Int, Int) -> Void
  ) {
    guard shape.count > 0 else { return }
    let walker: any Parallel = serially || shape.count <= Self.grain ? Serial() : parallel
    walker.forEach(shape.count, grain: Self.grain) { range in
      walk(range, longest: longest, axes: outer.count, rowLength: rowLength, repeated: -1, body)
    }
  }

  /// As `forEachRow`, with rows that end only where the repeated operand changes; they begin with the
  /// period, and no piece is cut within one.
  func forEachLongRow(
    _ parallel: any Parallel, _ repetition: Repetition, _ body: (UnsafePointer<Int>, Int, Int) -> Void
  ) {
    guard shape.count > 0 else { return }
    let walker: any Parallel = shape.count <= Self.grain ? Serial() : parallel
    let period = repetition.period
    walker.forEach(shape.count / period, grain: max(1, Self.grain / period)) { range in
      walk(
        range.lowerBound * period..<range.upperBound * period, longest: .max, axes: outer.count - 1,
        rowLength: repetition.rowLength, repeated: repetition.operand, body)
    }
  }

  /// Elements below which another thread costs more than it saves.
  private static let grain = 16384

  /// - Parameters:
  ///   - axes: How many of the outer axes lie outside a row.
  ///   - rowLength: Elements of a row.
  ///   - repeated: The operand that begins anew with every piece; none where negative.
  private func walk(
    _ range: Range<Int>, longest: Int, axes: Int, rowLength: Int, repeated: Int,
    _ body: (UnsafePointer<Int>, Int, Int) -> Void
  ) {
    var position = range.lowerBound % rowLength
    var start = range.lowerBound
    // On the stack: kernels that are bound to shapes allocate nothing.
    withUnsafeTemporaryAllocation(of: Int.self, capacity: outer.count + 2 * steps.count + 1) { memory in
      guard let index = memory.baseAddress else { return }
      let bases = index + outer.count
      let offsets = bases + steps.count
      bases.update(repeating: 0, count: steps.count)
      var rest = range.lowerBound / rowLength
      for axis in (0..<axes).reversed() {
        index[axis] = rest % outer[axis]
        rest /= outer[axis]
        for operand in steps.indices { bases[operand] += index[axis] * outerStrides[operand][axis] }
      }
      while start < range.upperBound {
        let count = min(rowLength - position, range.upperBound - start, longest)
        for operand in steps.indices {
          offsets[operand] = bases[operand] + (operand == repeated ? 0 : position * steps[operand])
        }
        body(offsets, start, count)
        start += count
        position += count
        if position == rowLength {
          position = 0
          advance(index, bases, axes: axes)
        }
      }
    }
  }

  /// Moves to the next row.
  private func advance(
    _ index: UnsafeMutablePointer<Int>, _ bases: UnsafeMutablePointer<Int>, axes: Int
  ) {
    for axis in (0..<axes).reversed() {
      index[axis] += 1
      if index[axis] < outer[axis] {
        for operand in steps.indices { bases[operand] += outerStrides[operand][axis] }
        return
      }
      index[axis] = 0
      for operand in steps.indices {
        bases[operand] -= outerStrides[operand][axis] * (outer[axis] - 1)
      }
    }
  }
}
