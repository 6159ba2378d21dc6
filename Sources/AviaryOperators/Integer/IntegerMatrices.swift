import AviaryCore
import AviaryKernels

/// What MatMulInteger and QLinearMatMul share: zero points and scales of rows and columns, packed weights.
struct IntegerMatrices: Sendable {
  /// A constant matrix on the right, less its zero points.
  private var packed: ShortPanels?

  /// A list with one value, one a row (of all matrices) or one a column, from a tensor of such a shape.
  ///
  /// - Parameters:
  ///   - matrix: the shape of the factor.
  ///   - axis: the matrix axis that has a value each: 0 for rows, 1 for columns.
  static func values<T>(
    _ values: [T], _ shape: Shape, _ matrix: [Int], axis: Int, input: Int
  ) throws(OperatorError) -> [T] {
    if values.count == 1 { return values }
    let rank = matrix.count
    let extent = axis == 0 ? (rank < 2 ? 1 : matrix[rank - 2]) : matrix[rank - 1]
    if shape.rank == 1, shape.count == extent { return values }
    var full = matrix
    if rank >= 1 { full[axis == 0 ? rank - 1 : max(0, rank - 2)] = 1 }
    guard shape.dims == full else {
      throw .invalid("input \(input) has shape \(shape), needs one value, \(extent) or \(full)")
    }
    return values
  }

  static func pack(_ tensor: Tensor, offset: Int, zeros: [Int32], k: Int, n: Int) throws(OperatorError) -> ShortPanels {
    let bytes = try ByteValues(tensor)
    return try checked { () throws(TensorError) in
      let panels = try ShortPanels(channels: n, steps: 1, run: k) { column, _, p in
        bytes[offset + p * n + column] - Int16(zeros.count == 1 ? zeros[0] : zeros[column])
      }
      return withExtendedLifetime(tensor) { panels }
    }
  }

  /// The same with a constant right factor packed.
  func prepared(_ b: Tensor?, zeros: Tensor??) throws(OperatorError) -> IntegerMatrices {
    guard let b, Set<ElementType>.bytes.contains(b.elementType), b.shape.rank == 2,
      case .some(let zeros) = zeros, zeros?.elementType ?? b.elementType == b.elementType,
      case let points = zeros.map({ (try? $0.integers()) ?? [] }) ?? [0],
      points.count == 1 || points.count == b.shape[1]
    else { return self }
    var prepared = self
    prepared.packed = try Self.pack(
      b, offset: 0, zeros: points.map { Int32(truncatingIfNeeded: $0) }, k: b.shape[0], n: b.shape[1])
    return prepared
  }

  /// Parameters of the factors; lists have one value, or one a row or column of all matrices.
  struct Zeros {
    let a: [Int32]
    let b: [Int32]
  }

  /// Multiplies all matrices.
  ///
  /// - Parameter result: what receives matrix `index`, m x n; and the factors of its rows.
  func run(
    _ context: RunContext, a: Tensor, b: Tensor, sizes: MatMulSizes, zeros: Zeros,
    result: (Int) -> (IntegerResult, factors: [Float]?)
  ) throws(OperatorError) {
    let (m, n, k) = (sizes.m, sizes.n, sizes.k)
    let product = IntegerProduct(rows: m, k: k, n: n)
    guard let count = product.shortCount else { throw .resource("the factors are too large to multiply") }
    let shorts = try context.scratch(count, of: Int16.self)
    let sums = try context.scratch(
      AviaryOperators.product(IntegerProduct.sumCount, context.parallel.threads), of: Int32.self)
    guard let address = a.address, let shorts = shorts.baseAddress, let sums = sums.baseAddress else {
      throw .invalid("the factor has no bytes")
    }
    var shared: (offset: Int, panels: ShortPanels)?
    if let packed, b.shape.rank == 2 { shared = (0, packed) }
    for index in 0..<sizes.batchCount {
      let (aOffset, bOffset) = (sizes.aOffsets[index], sizes.bOffsets[index])
      if shared?.offset != bOffset {
        // One zero point a column of this matrix.
        let first = zeros.b.count > n ? bOffset / max(1, k) : 0
        let own = zeros.b.count == 1 ? zeros.b : Array(zeros.b[first..<first + n])
        shared = (bOffset, try Self.pack(b, offset: bOffset, zeros: own, k: k, n: n))
      }
      guard let shared else { continue }
      let first = zeros.a.count > m ? aOffset / max(1, k) : 0
      product.widen(
        address + aOffset, isSigned: a.elementType == .int8,
        zeros: zeros.a.count == 1 ? zeros.a : Array(zeros.a[first..<first + m]), shorts, parallel: context.parallel)
      let (target, factors) = result(index)
      product.run(shorts, shared.panels, target, factors: factors, sums: sums, parallel: context.parallel)
    }
  }
}
