import AviaryCore

/// Which scale and zero point belong to which element (ONNX `QuantizeLinear`): one for the tensor, one for
/// every index of an axis, or one for every block along an axis.
package struct QuantizationGeometry: Sendable {
  package enum Granularity: Sendable, Equatable {
    case tensor
    case axis
    /// Elements per block; the last block of the axis may be shorter.
    case block(Int)
  }

  let granularity: Granularity
  let axis: AxisGeometry

  package init(_ granularity: Granularity, _ axis: AxisGeometry) {
    self.granularity = granularity
    self.axis = axis
  }

  private var count: Int { axis.outer * axis.length * axis.inner }

  /// Calls `body(start, count, parameter, step)` for pieces of at most `scratchRowLength` elements that
  /// together cover the tensor: element `start + i` uses parameter `parameter + i * step`.
  func forEachRow(_ walker: any Parallel, _ body: (Int, Int, Int, Int) -> Void) {
    guard count > 0 else { return }
    let (length, inner) = (axis.length, axis.inner)
    switch granularity {
    case .tensor:
      walker.forEach(count, grain: 8192) { range in split(range, 0, 0, body) }
    case .axis where inner == 1:
      walker.forEach(axis.outer, grain: max(1, 8192 / length)) { rows in
        for row in rows { split(row * length..<(row + 1) * length, 0, 1, body) }
      }
    case .axis:
      walker.forEach(axis.outer * length, grain: max(1, 8192 / inner)) { rows in
        for row in rows { split(row * inner..<(row + 1) * inner, row % length, 0, body) }
      }
    case .block(let size):
      let blocks = (length - 1) / size + 1
      walker.forEach(axis.outer * length, grain: max(1, 8192 / inner)) { rows in
        for row in rows {
          let parameter = (row / length * blocks + row % length / size) * inner
          split(row * inner..<(row + 1) * inner, parameter, 1, body)
        }
      }
    }
  }

  private func split(
    _ range: Range<Int>, _ parameter: Int, _ step: Int, _ body: (Int, Int, Int, Int) -> Void
  ) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: scratchRowLength) {
      body(
        start, min(scratchRowLength, range.upperBound - start),
        parameter + (start - range.lowerBound) * step, step)
    }
  }
}

/// y = saturate(round(x / scale) + zeroPoint), halves to even. Into floating-point types nothing is rounded
/// before the conversion itself, and `y.saturate` says what becomes of values out of range.
///
/// - Parameter precision: the type the quotient is rounded to: `float`, `float16` or `bfloat16`.
package func quantize(
  _ x: ElementRow, scale: ElementRow, zeroPoint: ElementRow?, _ y: MutableElementRow,
  over geometry: QuantizationGeometry, precision: ElementType, parallel: any Parallel
) {
  let bounds = integerBounds(y.type)
  geometry.forEachRow(y.type.isPacked ? Serial() : parallel) { start, count, parameter, step in
    withScratchRows(3) { scratch in
      let values = scratch.assumingMemoryBound(to: Float.self)
      let scales = (scratch + scratchRowBytes).assumingMemoryBound(to: Float.self)
      let zeros = (scratch + 2 * scratchRowBytes).assumingMemoryBound(to: Float.self)
      Float.load(x, start, count, into: values)
      Float.load(scale, parameter, step == 0 ? 1 : count, into: scales)
      zeros[0] = 0
      if let zeroPoint { Float.load(zeroPoint, parameter, step == 0 ? 1 : count, into: zeros) }
      let zeroStep = zeroPoint == nil ? 0 : step
      for i in 0..<count { values[i] /= scales[i * step] }
      if precision == .float16 {
        for i in 0..<count { values[i] = Float(Float16(values[i])) }
      } else if precision == .bfloat16 {
        for i in 0..<count { values[i] = Float(BFloat16(values[i])) }
      }
      if let bounds {
        for i in 0..<count {
          let shifted = values[i].roundedToEven + zeros[i * zeroStep]
          // NaN compares false and ends at the lower bound.
          values[i] = shifted >= bounds.low ? (shifted > bounds.high ? bounds.high : shifted) : bounds.low
        }
      } else {
        for i in 0..<count { values[i] += zeros[i * zeroStep] }
      }
      Float.store(values, count, y, start)
    }
  }
}

/// y = (x - zeroPoint) * scale, computed in single precision and rounded once into the type of y.
package func dequantize(
  _ x: ElementRow, scale: ElementRow, zeroPoint: ElementRow?, _ y: MutableElementRow,
  over geometry: QuantizationGeometry, parallel: any Parallel
) {
  geometry.forEachRow(parallel) { start, count, parameter, step in
    withScratchRows(3) { scratch in
      let values = scratch.assumingMemoryBound(to: Float.self)
      let scales = (scratch + scratchRowBytes).assumingMemoryBound(to: Float.self)
      let zeros = (scratch + 2 * scratchRowBytes).assumingMemoryBound(to: Float.self)
      Float.load(x, start, count, into: values)
      Float.load(scale, parameter, step == 0 ? 1 : count, into: scales)
      if let zeroPoint {
        Float.load(zeroPoint, parameter, step == 0 ? 1 : count, into: zeros)
        for i in 0..<count { values[i] = (values[i] - zeros[i * step]) * scales[i * step] }
      } else {
        for i in 0..<count { values[i] *= scales[i * step] }
      }
      Float.store(values, count, y, start)
    }
  }
}

/// The least and greatest value of a narrow integer type; `nil` for every other type.
private func integerBounds(_ type: ElementType) -> (low: Float, high: Float)? {
  switch type {
  case .uint8, .uint16, .uint4, .uint2: (0, Float(1 << type.bitWidth - 1))
  case .int8, .int16, .int4, .int2:
    (-Float(1 << (type.bitWidth - 1)), Float(1 << (type.bitWidth - 1) - 1))
  default: nil
  }
}

/// Scale and zero point that map the range of `x`, widened to hold 0, onto 0...255 (ONNX
/// `DynamicQuantizeLinear`).
package func dynamicScale(_ x: UnsafeBufferPointer<Float>) -> (scale: Float, zeroPoint: UInt8) {
  var (low, high) = (Float(0), Float(0))
  if let base = x.baseAddress {
    foldRow(base, x.count, &low, 0, { $0 }) { (a: Float, b: Float) in b < a ? b : a }
    foldRow(base, x.count, &high, 0, { $0 }) { (a: Float, b: Float) in b > a ? b : a }
  }
  // A tensor of zeros has no range; any scale maps it to the zero point.
  let scale = high > low ? (high - low) / 255 : 1
  let zero = (-low / scale).rounded(.toNearestOrEven)
  return (scale, UInt8(zero >= 0 ? min(zero, 255) : 0))
}
