#if canImport(Glibc)
  import Glibc
#endif

/// What the classical models do with scores before they are given out (ONNX-ML `post_transform`).
package enum PostTransform: String, Sendable, CaseIterable {
  case none = "NONE"
  case softmax = "SOFTMAX"
  case logistic = "LOGISTIC"
  case softmaxZero = "SOFTMAX_ZERO"
  case probit = "PROBIT"

  /// Transforms the scores of one row in place.
  package func apply<T: BinaryFloatingPoint>(_ row: UnsafeMutableBufferPointer<T>) {
    switch self {
    case .none: break
    case .logistic: for i in row.indices { row[i] = T(logisticValue(Double(row[i]))) }
    case .probit: for i in row.indices { row[i] = T(probitValue(Double(row[i]))) }
    case .softmax, .softmaxZero: softmaxRow(row, keepsZero: self == .softmaxZero)
    }
  }

  /// `exp(v - max) / sum`. With `keepsZero` scores within 1e-7 of 0 stay near 0: they are scaled, not raised.
  private func softmaxRow<T: BinaryFloatingPoint>(_ row: UnsafeMutableBufferPointer<T>, keepsZero: Bool) {
    guard let largest = row.max().map({ Double($0) }) else { return }
    var sum = 0.0
    for i in row.indices {
      let value = Double(row[i])
      let power = keepsZero && abs(value) <= 1e-7 ? value * exp(-largest) : exp(value - largest)
      row[i] = T(power)
      sum += power
    }
    for i in row.indices { row[i] = sum == 0 ? (keepsZero ? 0.5 : row[i]) : T(Double(row[i]) / sum) }
  }
}

/// `1 / (1 + exp(-x))`, without overflow for large negative numbers.
package func logisticValue(_ x: Double) -> Double {
  let value = 1 / (1 + exp(-abs(x)))
  return x < 0 ? 1 - value : value
}

/// The quantile function of the normal distribution, by Winitzki's approximation of the inverse error
/// function (relative error 2e-3): the one in use among ONNX runtimes, so that results agree.
package func probitValue(_ probability: Double) -> Double {
  let x = 2 * probability - 1
  let product = (1 - x) * (1 + x)
  guard product != 0 else { return 0 }
  let logarithm = log(product)
  let a = 2 / (Double.pi * 0.147) + 0.5 * logarithm
  let root = (-a + (a * a - logarithm / 0.147).squareRoot()).squareRoot()
  return 2.0.squareRoot() * (x < 0 ? -root : root)
}
