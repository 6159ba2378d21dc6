import AviaryCore
import AviaryKernels

extension Set<ElementType> {
  /// What `QuantizeLinear` makes and `DequantizeLinear` takes (besides int32).
  static let quantized: Set = Set.float8.union([
    .int8, .uint8, .int16, .uint16, .int4, .uint4, .int2, .uint2, .float4e2m1, .float6e2m3, .float6e3m2,
  ])
}

/// `axis` and `block_size` of QuantizeLinear and DequantizeLinear.
struct QuantizationAxis: Sendable {
  let axis: Int
  let blockSize: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = opset >= 13 ? try attributes.int("axis", default: 1) : 1
    blockSize = opset >= 21 ? try attributes.int("block_size", default: 0) : 0
    guard blockSize >= 0 else {
      throw ImportError(.invalidAttribute, "attribute 'block_size' is \(blockSize), must not be negative")
    }
  }

  /// How scales of a shape belong to a tensor: a single one to all of it, a vector to the axis, anything
  /// else in blocks along the axis.
  ///
  /// - Throws: `OperatorError.invalid` where the shapes do not fit.
  func geometry(_ x: Shape, scale: Shape) throws(OperatorError) -> QuantizationGeometry {
    let isBlocked = blockSize > 0 && scale.rank == x.rank && scale.rank > 0
    if scale.count == 1 && !isBlocked || scale.rank == 0 {
      return QuantizationGeometry(.tensor, AxisGeometry(outer: 1, length: x.count, inner: 1))
    }
    let axis = try normalizedAxis(axis, rank: x.rank)
    if isBlocked {
      var expected = x.dims
      expected[axis] = x[axis] == 0 ? 0 : (x[axis] - 1) / blockSize + 1
      guard scale.dims == expected else {
        throw .invalid(
          "scale has shape \(scale), blocks of \(blockSize) along axis \(axis) of \(x) need \(expected)")
      }
      return QuantizationGeometry(.block(blockSize), AxisGeometry(x, axis: axis))
    }
    guard scale.rank == 1, scale.count == x[axis] else {
      throw .invalid("scale has shape \(scale), axis \(axis) of \(x) needs \(x[axis]) values")
    }
    return QuantizationGeometry(.axis, AxisGeometry(x, axis: axis))
  }
}

extension RunContext {
  /// The zero point at `index`, where the model gives one, which must have the scale's shape.
  func zeroPoint(
    _ index: Int, like scale: Shape, _ allowed: Set<ElementType>
  ) throws(OperatorError) -> ElementRow? {
    guard optionalValue(index) != nil else { return nil }
    let (tensor, row) = try operand(index, allowed)
    guard tensor.shape == scale || tensor.count == 1 && scale.count == 1 else {
      throw .invalid("zero point has shape \(tensor.shape), the scale \(scale)")
    }
    return row
  }
}
