import AviaryCore
import AviaryKernels

/// y = saturate(round(sum of (a - a_zero) (b - b_zero) * a_scale * b_scale / y_scale) + y_zero), as numpy.matmul.
///
/// Spec: QLinearMatMul. Scales and zero points are one number, or one a row of a, one a column of b. Version 21
/// brings scales in float16 and bfloat16, and factors in float8, which are multiplied as floats.
struct QLinearMatMul: PreparingOperator {
  static let id = OperatorID("QLinearMatMul")
  static let opsets = 10...Opset.latest

  private static let types = Set<ElementType>.bytes.union(Set<ElementType>.float8)
  private static let scaleTypes: Set<ElementType> = [.float, .float16, .bfloat16]

  private var matrices = IntegerMatrices()

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in [0, 3] {
      let type = try checkedType(inputs, index, Self.types)
      _ = try checkedType(inputs, index + 1, Self.scaleTypes)
      _ = try checkedType(inputs, index + 2, type.map { [$0] } ?? Self.types)
    }
    _ = try checkedType(inputs, 6, Self.scaleTypes)
    let type = try checkedType(inputs, 7, Self.types)
    return [ValueInfo(type, try productShape(inputs[0].shape, inputs[3].shape))]
  }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    prepared.matrices = try matrices.prepared(inputs.at(3)?.tensor, zeros: inputs.at(5)?.tensor.map { .some($0) })
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (a, b) = (try context.input(0), try context.input(3))
    let output = try context.input(7)
    for (index, tensor) in [(0, a), (3, b), (7, output)] where !Self.types.contains(tensor.elementType) {
      throw .type(tensor.elementType, input: index)
    }
    let sizes = try MatMulSizes(a.shape.dims, b.shape.dims)
    let aScales = try IntegerMatrices.values(
      context.scales(1, Self.scaleTypes), context.input(1).shape, a.shape.dims, axis: 0, input: 1)
    let bScales = try IntegerMatrices.values(
      context.scales(4, Self.scaleTypes), context.input(4).shape, b.shape.dims, axis: 1, input: 4)
    let yScale = try context.single(context.scales(6, Self.scaleTypes), 6)
    guard output.count == 1 else { throw .invalid("input 7 has \(output.count) values, needs one") }
    for index in [2, 5] { _ = try context.input(index) }
    let tensors = [a, b, output]
    guard tensors.allSatisfy({ Set<ElementType>.bytes.contains($0.elementType) }) else {
      return try runFloat(context, sizes, aScales, bScales, yScale)
    }
    let zeros = IntegerMatrices.Zeros(
      a: try IntegerMatrices.values(
        context.zeroPoints(2, of: a.elementType), context.input(2).shape, a.shape.dims, axis: 0, input: 2),
      b: try IntegerMatrices.values(
        context.zeroPoints(5, of: b.elementType), context.input(5).shape, b.shape.dims, axis: 1, input: 5))
    let zero = try context.single(context.zeroPoints(7, of: output.elementType), 7)
    let y = try context.makeBytes(0, output.elementType, sizes.output)
    guard y.count > 0, let target = y.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let (m, n, k) = (sizes.m, sizes.n, max(1, sizes.k))
    try matrices.run(context, a: a, b: b, sizes: sizes, zeros: zeros) { index in
      let column = bScales.count > n ? sizes.bOffsets[index] / k : 0
      let row = aScales.count > m ? sizes.aOffsets[index] / k : 0
      let columns = bScales.count == 1 ? bScales : Array(bScales[column..<column + n])
      let single = aScales.count == 1 ? aScales[0] : 1
      let requantization = Requantization(
        channels: n, groups: 1, bias: nil, scale: columns.map { single * $0 / yScale }, zero: zero,
        isSigned: output.elementType == .int8)
      return (
        .bytes(.init(target + index * m * n), requantization),
        aScales.count == 1 ? nil : Array(aScales[row..<row + m])
      )
    }
  }

  /// float8: as dequantised floats, quantised once.
  private func runFloat(
    _ context: RunContext, _ sizes: MatMulSizes, _ aScales: [Float], _ bScales: [Float], _ yScale: Float
  ) throws(OperatorError) {
    let (a, b, output) = (try context.input(0), try context.input(3), try context.input(7))
    let (m, n, k) = (sizes.m, sizes.n, sizes.k)
    func zeroValues(_ index: Int, _ matrix: Tensor, _ axis: Int) throws(OperatorError) -> [Float] {
      let tensor = try context.input(index)
      guard tensor.elementType == matrix.elementType else { throw .type(tensor.elementType, input: index) }
      let values = Array(try context.elements(of: tensor, as: Float.self))
      guard !values.isEmpty else { throw .invalid("input \(index) has no values") }
      return try IntegerMatrices.values(values, tensor.shape, matrix.shape.dims, axis: axis, input: index)
    }
    let (aZeros, bZeros) = (try zeroValues(2, a, 0), try zeroValues(5, b, 1))
    let (left, right) = (try context.elements(of: a, as: Float.self), try context.elements(of: b, as: Float.self))
    let zero = try context.elements(of: output, as: Float.self)[0]
    func pick(_ values: [Float], _ place: Int, _ extent: Int, _ matrix: Int) -> Float {
      values.count == 1 ? values[0] : values.count == extent ? values[place] : values[matrix * extent + place]
    }
    try context.makeResult(0, output.elementType, sizes.output, as: Float.self) { y in
      for index in 0..<sizes.batchCount {
        let (aOffset, bOffset) = (sizes.aOffsets[index], sizes.bOffsets[index])
        let (aMatrix, bMatrix) = (aOffset / max(1, m * k), bOffset / max(1, n * k))
        for i in 0..<m {
          let aZero = pick(aZeros, i, m, aMatrix)
          for j in 0..<n {
            let bZero = pick(bZeros, j, n, bMatrix)
            var sum: Float = 0
            for p in 0..<k { sum += (left[aOffset + i * k + p] - aZero) * (right[bOffset + p * n + j] - bZero) }
            let scale = pick(aScales, i, m, aMatrix) * pick(bScales, j, n, bMatrix) / yScale
            let value = sum * scale + zero
            // Integers saturate; floats do so when they are stored.
            y[(index * m + i) * n + j] =
              switch output.elementType {
              case .uint8: min(max(value.rounded(.toNearestOrEven), 0), 255)
              case .int8: min(max(value.rounded(.toNearestOrEven), -128), 127)
              default: value
              }
          }
        }
      }
    }
  }
}
