import AviaryCore

/// How a scattered value meets the one that is there (ONNX `ScatterND`, `ScatterElements`).
package enum ScatterReduction: String, Sendable, CaseIterable {
  case none
  case add
  case mul
  case min
  case max
}

/// `data[positions[i] ..< positions[i] + block] = f(data[...], updates[i * block ..< ...])`, in order, so
/// that of equal positions the last one stands (or all are combined).
///
/// - Parameters:
///   - positions: element offsets into `data`, checked by the caller.
///   - block: elements of each update.
/// - Returns: `false`, with `data` untouched, where the type does not know the reduction.
package func scatterBlocks(
  _ updates: UnsafeRawPointer, into data: UnsafeMutableRawPointer, type: ElementType, positions: [Int],
  block: Int, reduction: ScatterReduction
) -> Bool {
  let target = Scatter(updates: updates, data: data, positions: positions, block: block)
  switch type {
  case .float: target.floating(Float.self, reduction)
  case .double: target.floating(Double.self, reduction)
  case .float16: target.floating(Float16.self, reduction)
  case .bfloat16: target.bfloat16(reduction)
  case .int8: target.integer(Int8.self, reduction)
  case .int16: target.integer(Int16.self, reduction)
  case .int32: target.integer(Int32.self, reduction)
  case .int64: target.integer(Int64.self, reduction)
  case .uint8: target.integer(UInt8.self, reduction)
  case .uint16: target.integer(UInt16.self, reduction)
  case .uint32: target.integer(UInt32.self, reduction)
  case .uint64: target.integer(UInt64.self, reduction)
  case .bool: target.bool(reduction)
  default: return false
  }
  return true
}

private struct Scatter {
  let updates: UnsafeRawPointer
  let data: UnsafeMutableRawPointer
  let positions: [Int]
  let block: Int

  @inline(__always)
  func combine<T: BitwiseCopyable>(_: T.Type, _ f: (T, T) -> T) {
    let updates = updates.assumingMemoryBound(to: T.self)
    let data = data.assumingMemoryBound(to: T.self)
    for (i, position) in positions.enumerated() {
      for j in 0..<block { data[position + j] = f(data[position + j], updates[i * block + j]) }
    }
  }

  // Minimum and maximum keep a NaN on either side, as numpy does.
  func floating<T: BinaryFloatingPoint & BitwiseCopyable>(_: T.Type, _ reduction: ScatterReduction) {
    switch reduction {
    case .none: combine(T.self) { $1 }
    case .add: combine(T.self) { $0 + $1 }
    case .mul: combine(T.self) { $0 * $1 }
    case .min: combine(T.self) { $0.isNaN || $0 < $1 ? $0 : $1 }
    case .max: combine(T.self) { $0.isNaN || $0 > $1 ? $0 : $1 }
    }
  }

  func bfloat16(_ reduction: ScatterReduction) {
    switch reduction {
    case .none: combine(BFloat16.self) { $1 }
    case .add: combine(BFloat16.self) { BFloat16(Float($0) + Float($1)) }
    case .mul: combine(BFloat16.self) { BFloat16(Float($0) * Float($1)) }
    case .min: combine(BFloat16.self) { Float($0).isNaN || Float($0) < Float($1) ? $0 : $1 }
    case .max: combine(BFloat16.self) { Float($0).isNaN || Float($0) > Float($1) ? $0 : $1 }
    }
  }

  func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, _ reduction: ScatterReduction) {
    switch reduction {
    case .none: combine(T.self) { $1 }
    case .add: combine(T.self) { $0 &+ $1 }
    case .mul: combine(T.self) { $0 &* $1 }
    case .min: combine(T.self) { $0 < $1 ? $0 : $1 }
    case .max: combine(T.self) { $0 > $1 ? $0 : $1 }
    }
  }

  func bool(_ reduction: ScatterReduction) {
    switch reduction {
    case .none: combine(Bool.self) { $1 }
    case .add, .max: combine(Bool.self) { $0 || $1 }
    case .mul, .min: combine(Bool.self) { $0 && $1 }
    }
  }
}

/// `data[positions[i]...] = updates[i...]` for cells of any width: the scatter without a reduction.
package func scatterCells(
  _ updates: UnsafeRawPointer, into data: UnsafeMutableRawPointer, positions: [Int], block: Int, width: Int
) {
  let bytes = block * width
  for (i, position) in positions.enumerated() {
    (data + position * width).copyMemory(from: updates + i * bytes, byteCount: bytes)
  }
}
