#if canImport(Glibc)
  import Glibc
#endif

/// The sum of products of two rows of `count` numbers.
package func dotProduct(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
  var (first, second) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
  var i = 0
  let (p, q) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
  while i + 16 <= count {
    first += p.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
      * q.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
    second += p.loadUnaligned(fromByteOffset: 4 * i + 32, as: SIMD8<Float>.self)
      * q.loadUnaligned(fromByteOffset: 4 * i + 32, as: SIMD8<Float>.self)
    i += 16
  }
  var total = (first + second).sum()
  while i < count {
    total += a[i] * b[i]
    i += 1
  }
  return total
}

/// The sum of squared differences of two rows of `count` numbers.
package func squaredDistance(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
  var sum = SIMD8<Float>.zero
  var i = 0
  let (p, q) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
  while i + 8 <= count {
    let difference = p.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
      - q.loadUnaligned(fromByteOffset: 4 * i, as: SIMD8<Float>.self)
    sum += difference * difference
    i += 8
  }
  var total = sum.sum()
  while i < count {
    total += (a[i] - b[i]) * (a[i] - b[i])
    i += 1
  }
  return total
}

/// The kernel functions of support vector machines.
package enum VectorKernel: Sendable {
  case linear
  /// `(gamma x.y + coef0) ^ degree`
  case poly(gamma: Float, coef0: Float, degree: Float)
  /// `exp(-gamma |x - y|^2)`
  case rbf(gamma: Float)
  /// `tanh(gamma x.y + coef0)`
  case sigmoid(gamma: Float, coef0: Float)

  package func callAsFunction(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    switch self {
    case .linear: dotProduct(x, y, count: count)
    case .poly(let gamma, let coef0, let degree):
      powf(gamma * dotProduct(x, y, count: count) + coef0, degree)
    case .rbf(let gamma): expf(-gamma * squaredDistance(x, y, count: count))
    case .sigmoid(let gamma, let coef0): tanhf(gamma * dotProduct(x, y, count: count) + coef0)
    }
  }
}
