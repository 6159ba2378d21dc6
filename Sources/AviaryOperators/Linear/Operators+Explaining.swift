import AviaryCore
import AviaryKernels

// What the products say of types that they are not bound for.

extension MatMulOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    KernelChoice(product: inputs.first?.elementType)
  }
}

extension GemmOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    KernelChoice(product: inputs.first?.elementType)
  }
}

extension ConvOperator: ExplainingOperator {
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice? {
    inputs.first?.elementType == .double ? DoubleProduct.choice : nil
  }
}

extension KernelChoice {
  /// How a product of matrices of this type is computed; `nil` for single precision, which has kernels.
  fileprivate init?(product type: ElementType?) {
    switch type?.computeType {
    case .double: self = DoubleProduct.choice
    case .int64, .uint64: self.init("loops", reason: "products of integers have no kernels of their own")
    case .float, nil: return nil
    }
  }
}
