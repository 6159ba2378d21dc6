import AviaryCore
import AviaryKernels

// What the products say where they are not bound.

extension MatMulOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    KernelChoice(product: inputs.first?.elementType)
      ?? KernelChoice(precision, obstacle: "only constant matrices on the right, unscaled, are packed to bf16")
  }
}

extension GemmOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    KernelChoice(product: inputs.first?.elementType)
      ?? KernelChoice(precision, obstacle: "only constant matrices on the right, unscaled, are packed to bf16")
  }
}

extension ConvOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    inputs.first?.elementType == .double
      ? DoubleProduct.choice
      : KernelChoice(precision, obstacle: "only convolutions in blocked layout are computed in bf16")
  }
}

extension KernelChoice {
  /// What was asked for and is not done; `nil` for single precision.
  fileprivate init?(_ precision: Precision, obstacle: String) {
    guard precision == .bf16 else { return nil }
    self.init("general", reason: "stays in fp32: \(obstacle)")
  }

  /// How a product of matrices of this type is computed; `nil` for single precision, which has kernels.
  fileprivate init?(product type: ElementType?) {
    switch type?.computeType {
    case .double: self = DoubleProduct.choice
    case .int64, .uint64: self.init("loops", reason: "products of integers have no kernels of their own")
    case .float, nil: return nil
    }
  }
}
