import AviaryCore
import CSIMD

/// A reduction, as loops over rows of a compute type. Conform to one of its refinements.
@usableFromInline
package protocol ReduceFunction: Sendable {
  /// Fills `count` accumulators with the value of an empty reduction.
  func start(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int)
  /// Folds `count` elements into one accumulator.
  func fold(_ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sum: UnsafeMutableRawPointer)
  /// Folds `count` elements into as many accumulators.
  func accumulate(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sums: UnsafeMutableRawPointer)
  /// Turns `count` accumulators, each of `terms` elements, into results.
  func finish(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int, terms: Int)
  /// The vector kernel that folds single precision numbers just so, if there is one.
  var vectorKernel: ReduceKernel? { get }
}

extension ReduceFunction {
  @inlinable package var vectorKernel: ReduceKernel? { nil }
}

/// A vector kernel for folding rows of single precision.
@usableFromInline
package enum ReduceKernel: Sendable {
  case sum, mean, greatest, least

  /// Folds a row into one accumulator.
  func fold(_ x: UnsafeRawPointer, _ count: Int, into sum: UnsafeMutableRawPointer) {
    let (x, sum) = (x.assumingMemoryBound(to: Float.self), sum.assumingMemoryBound(to: Float.self))
    let table = TileKernels.current.table
    switch self {
    case .sum, .mean: sum[0] += table.sum_row(x, count)
    case .greatest: sum[0] = table.extreme_row(x, count, sum[0], 1)
    case .least: sum[0] = table.extreme_row(x, count, sum[0], 0)
    }
  }

  /// Folds a row into as many accumulators.
  func accumulate(_ x: UnsafeRawPointer, _ count: Int, into sums: UnsafeMutableRawPointer) {
    let (x, sums) = (x.assumingMemoryBound(to: Float.self), sums.assumingMemoryBound(to: Float.self))
    let table = TileKernels.current.table
    switch self {
    case .sum, .mean: table.add_row(sums, x, count)
    case .greatest: table.join_extreme(sums, x, count, 1)
    case .least: table.join_extreme(sums, x, count, 0)
    }
  }
}

extension ReduceKernel {
  /// Turns accumulators into results.
  func finish(_ sums: UnsafeMutableRawPointer, _ count: Int, terms: Int) {
    guard self == .mean else { return }
    let sums = sums.assumingMemoryBound(to: Float.self)
    let terms = Float(terms)
    for i in 0..<count { sums[i] /= terms }
  }
}

/// Reduces `x` to `y`, both dense and of `compute`. `y` must not overlap `x`.
package func reduce(
  _ function: any ReduceFunction, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
  compute: ComputeType, over geometry: ReductionGeometry, parallel: any Parallel
) {
  guard geometry.outputCount > 0 else { return }
  let width = compute.stride
  let kernel = compute == .float ? function.vectorKernel : nil
  // Outputs that together are worth another thread.
  let grain = max(1, 32768 / max(1, geometry.reducedCount))
  let walker: any Parallel =
    geometry.outputCount <= grain ? Serial() : parallel
  if geometry.foldsRows {
    walker.forEach(geometry.outputCount, grain: grain) { outputs in
      function.start(compute, y + outputs.lowerBound * width, outputs.count)
      for output in outputs where geometry.reducedCount > 0 {
        let sum = y + output * width
        let base = x + geometry.keptOffset(output) * width
        for row in 0..<geometry.reducedRows {
          let from = base + geometry.reducedOffset(row) * width
          if let kernel {
            kernel.fold(from, geometry.rowLength, into: sum)
          } else {
            function.fold(compute, from, geometry.rowLength, into: sum)
          }
        }
      }
      let first = y + outputs.lowerBound * width
      if let kernel {
        kernel.finish(first, outputs.count, terms: geometry.reducedCount)
      } else {
        function.finish(compute, first, outputs.count, terms: geometry.reducedCount)
      }
    }
    return
  }
  // Ranges of outputs may begin and end inside a row of outputs.
  walker.forEach(geometry.outputCount, grain: grain) { outputs in
    var first = outputs.lowerBound
    while first < outputs.upperBound {
      let column = first % geometry.rowLength
      let count = min(geometry.rowLength - column, outputs.upperBound - first, accumulatorRow)
      let sums = y + first * width
      function.start(compute, sums, count)
      let base = x + (geometry.keptOffset(first / geometry.rowLength) + column) * width
      for row in 0..<geometry.reducedRows {
        let from = base + geometry.reducedOffset(row) * width
        if let kernel {
          kernel.accumulate(from, count, into: sums)
        } else {
          function.accumulate(compute, from, count, into: sums)
        }
      }
      if let kernel {
        kernel.finish(sums, count, terms: geometry.reducedCount)
      } else {
        function.finish(compute, sums, count, terms: geometry.reducedCount)
      }
      first += count
    }
  }
}

/// Accumulators that are filled together: they stay in the first-level cache while rows go by.
private let accumulatorRow = 2048

/// A reduction of numbers of any type: `join` folds `term` of every element, `result` follows.
@usableFromInline
package protocol NumberReduceFunction: ReduceFunction {
  func identity<T: ComputeElement>(_ type: T.Type) -> T
  func term<T: ComputeElement>(_ x: T) -> T
  func join<T: ComputeElement>(_ a: T, _ b: T) -> T
  func result<T: ComputeElement>(_ sum: T, terms: Int) -> T
}

extension NumberReduceFunction {
  @inlinable package func term<T: ComputeElement>(_ x: T) -> T { x }
  @inlinable package func result<T: ComputeElement>(_ sum: T, terms: Int) -> T { sum }

  @inlinable
  package func start(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int) {
    switch compute {
    case .float: fill(sums, count, identity(Float.self))
    case .double: fill(sums, count, identity(Double.self))
    case .int64: fill(sums, count, identity(Int64.self))
    case .uint64: fill(sums, count, identity(UInt64.self))
    }
  }

  @inlinable
  package func fold(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sum: UnsafeMutableRawPointer
  ) {
    switch compute {
    case .float: foldRow(x, count, sum, identity(Float.self), { term($0) }, { join($0, $1) })
    case .double: foldRow(x, count, sum, identity(Double.self), { term($0) }, { join($0, $1) })
    case .int64: foldRow(x, count, sum, identity(Int64.self), { term($0) }, { join($0, $1) })
    case .uint64: foldRow(x, count, sum, identity(UInt64.self), { term($0) }, { join($0, $1) })
    }
  }

  @inlinable
  package func accumulate(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sums: UnsafeMutableRawPointer
  ) {
    switch compute {
    case .float: accumulateRow(x, count, sums, Float.self) { join($0, term($1)) }
    case .double: accumulateRow(x, count, sums, Double.self) { join($0, term($1)) }
    case .int64: accumulateRow(x, count, sums, Int64.self) { join($0, term($1)) }
    case .uint64: accumulateRow(x, count, sums, UInt64.self) { join($0, term($1)) }
    }
  }

  @inlinable
  package func finish(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int, terms: Int) {
    switch compute {
    case .float: finishRow(sums, count, Float.self) { result($0, terms: terms) }
    case .double: finishRow(sums, count, Double.self) { result($0, terms: terms) }
    case .int64: finishRow(sums, count, Int64.self) { result($0, terms: terms) }
    case .uint64: finishRow(sums, count, UInt64.self) { result($0, terms: terms) }
    }
  }
}

/// A reduction of real numbers; integers are computed in double precision by whoever calls.
@usableFromInline
package protocol RealReduceFunction: ReduceFunction {
  func identity<T: RealElement>(_ type: T.Type) -> T
  func term<T: RealElement>(_ x: T) -> T
  func join<T: RealElement>(_ a: T, _ b: T) -> T
  func result<T: RealElement>(_ sum: T, terms: Int) -> T
}

extension RealReduceFunction {
  @inlinable package func term<T: RealElement>(_ x: T) -> T { x }
  @inlinable package func result<T: RealElement>(_ sum: T, terms: Int) -> T { sum }

  @inlinable
  package func start(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int) {
    if compute == .double {
      fill(sums, count, identity(Double.self))
    } else {
      fill(sums, count, identity(Float.self))
    }
  }

  @inlinable
  package func fold(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sum: UnsafeMutableRawPointer
  ) {
    if compute == .double {
      foldRow(x, count, sum, identity(Double.self), { term($0) }, { join($0, $1) })
    } else {
      foldRow(x, count, sum, identity(Float.self), { term($0) }, { join($0, $1) })
    }
  }

  @inlinable
  package func accumulate(
    _ compute: ComputeType, _ x: UnsafeRawPointer, _ count: Int, into sums: UnsafeMutableRawPointer
  ) {
    if compute == .double {
      accumulateRow(x, count, sums, Double.self) { join($0, term($1)) }
    } else {
      accumulateRow(x, count, sums, Float.self) { join($0, term($1)) }
    }
  }

  @inlinable
  package func finish(_ compute: ComputeType, _ sums: UnsafeMutableRawPointer, _ count: Int, terms: Int) {
    if compute == .double {
      finishRow(sums, count, Double.self) { result($0, terms: terms) }
    } else {
      finishRow(sums, count, Float.self) { result($0, terms: terms) }
    }
  }
}
