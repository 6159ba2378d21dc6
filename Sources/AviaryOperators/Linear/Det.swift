import AviaryCore
import AviaryKernels

/// The determinants of the square matrices that the last two axes hold.
///
/// Spec: Det. Versions 11 and 22 differ in element types only. Gaussian elimination with row exchanges, in double
/// precision.
struct Det: Operator {
  static let id = OperatorID("Det")
  static let opsets = 11...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    guard let dims = inputs[0].shape.dims else { return [ValueInfo(type, .unknown)] }
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "2 or more") }
    guard !dims[dims.count - 1].contradicts(dims[dims.count - 2]) else {
      throw .invalid("matrices of shape \(inputs[0].shape) are not square")
    }
    return [ValueInfo(type, SymbolicShape(Array(dims.dropLast(2))))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, _) = try context.typedInput(0, .reals)
    let rank = x.shape.rank
    guard rank >= 2 else { throw .rank(rank, input: 0, needs: "2 or more") }
    let size = x.shape[rank - 1]
    guard x.shape[rank - 2] == size else { throw .invalid("matrices of shape \(x.shape) are not square") }
    let values = try context.elements(of: x, as: Double.self)
    let matrix = try context.scratch(try product(size, size), of: Double.self)
    let dims = Array(x.shape.dims.dropLast(2))
    try context.makeResult(0, x.elementType, dims, as: Double.self) { y in
      for index in y.indices {
        for i in matrix.indices { matrix[i] = values[index * matrix.count + i] }
        y[index] = determinant(matrix, size)
      }
    }
  }

  private func determinant(_ m: UnsafeMutableBufferPointer<Double>, _ n: Int) -> Double {
    var result = 1.0
    for column in 0..<n {
      var pivot = column
      for row in column..<n where m[row * n + column].magnitude > m[pivot * n + column].magnitude { pivot = row }
      guard m[pivot * n + column] != 0 else { return 0 }
      if pivot != column {
        result = -result
        for j in column..<n { m.swapAt(pivot * n + j, column * n + j) }
      }
      result *= m[column * n + column]
      for row in column + 1..<max(n, column + 1) {
        let factor = m[row * n + column] / m[column * n + column]
        if factor != 0 { for j in column..<n { m[row * n + j] -= factor * m[column * n + j] } }
      }
    }
    return result
  }
}
