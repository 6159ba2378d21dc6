/// One of the functions that the gates of RNN, GRU and LSTM may have, as the ONNX specification lists them.
package struct GateActivation: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case relu = "Relu"
    case tanh = "Tanh"
    case sigmoid = "Sigmoid"
    case affine = "Affine"
    case leakyRelu = "LeakyRelu"
    case thresholdedRelu = "ThresholdedRelu"
    case scaledTanh = "ScaledTanh"
    case hardSigmoid = "HardSigmoid"
    case elu = "Elu"
    case softsign = "Softsign"
    case softplus = "Softplus"

    /// Whether it reads `alpha`, and with which default.
    package var alpha: Double? {
      switch self {
      case .affine, .thresholdedRelu, .scaledTanh, .elu: 1
      case .leakyRelu: 0.01
      case .hardSigmoid: 0.2
      case .relu, .tanh, .sigmoid, .softsign, .softplus: nil
      }
    }
    /// Whether it reads `beta`, and with which default.
    package var beta: Double? {
      switch self {
      case .affine: 0
      case .scaledTanh: 1
      case .hardSigmoid: 0.5
      default: nil
      }
    }
  }

  package let kind: Kind
  package let alpha: Double
  package let beta: Double

  package static let sigmoid = GateActivation(.sigmoid)
  package static let tanh = GateActivation(.tanh)

  package init(_ kind: Kind, alpha: Double? = nil, beta: Double? = nil) {
    self.kind = kind
    self.alpha = alpha ?? kind.alpha ?? 0
    self.beta = beta ?? kind.beta ?? 0
  }

  /// Applies it to a row where it lies, after bounding the row to -clip ... clip.
  @inline(never)
  func apply<T: RecurrentElement>(_ x: UnsafeMutablePointer<T>, _ count: Int, clip: T?) {
    if let clip {
      for i in 0..<count { x[i] = x[i] < -clip ? -clip : x[i] > clip ? clip : x[i] }
    }
    let (a, b) = (T.of(alpha), T.of(beta))
    switch kind {
    case .sigmoid: T.sigmoidRow(x, count)
    case .tanh: T.tanhRow(x, count)
    case .relu: for i in 0..<count where x[i] < 0 { x[i] = 0 }
    case .affine: for i in 0..<count { x[i] = a * x[i] + b }
    case .leakyRelu: for i in 0..<count where x[i] < 0 { x[i] = a * x[i] }
    case .thresholdedRelu: for i in 0..<count where x[i] < a { x[i] = 0 }
    case .scaledTanh:
      for i in 0..<count { x[i] = b * x[i] }
      T.tanhRow(x, count)
      for i in 0..<count { x[i] = a * x[i] }
    case .hardSigmoid:
      for i in 0..<count {
        let y = a * x[i] + b
        x[i] = y < 0 ? 0 : y > 1 ? 1 : y
      }
    case .elu: for i in 0..<count where x[i] < 0 { x[i] = a * T.expm1(x[i]) }
    case .softsign: for i in 0..<count { x[i] = x[i] / (1 + x[i].magnitude) }
    case .softplus: for i in 0..<count { x[i] = T.softplus(x[i]) }
    }
  }
}
