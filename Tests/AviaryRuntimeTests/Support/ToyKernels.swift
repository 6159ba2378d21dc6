import AviaryCore

/// Toy operators with kernels.
extension Toy {
  /// `x + 1`, over its input where it may.
  struct BoundAddOne: InPlaceOperator, BindingOperator {
    static let id = OperatorID("BoundAddOne", domain: Toy.domain)
    static let opsets = 1...1
    private let plain: AddOne
    init(attributes: inout Attributes, opset: Int) { plain = AddOne(attributes: &attributes, opset: opset) }
    var overwritableInputs: [Int] { [0] }
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { plain.infer(inputs) }
    func run(_ context: RunContext) throws(OperatorError) { try plain.run(context) }
    func bind(
      inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
    ) throws(OperatorError) -> (any BoundKernel)? {
      AddOneKernel(count: try inputs.required(0).shape.known?.reduce(1, *) ?? 0)
    }
  }

  private struct AddOneKernel: BoundKernel {
    let count: Int
    var choice: KernelChoice { KernelChoice("add one") }
    /// Goes through scratch memory, so that a test sees it.
    var scratchBytes: Int { count * 4 }
    func run(_ io: KernelIO) {
      guard let x = io.inputs[0]?.assumingMemoryBound(to: Float.self),
        let y = io.outputs[0]?.assumingMemoryBound(to: Float.self)
      else { return }
      let scratch = io.scratch.assumingMemoryBound(to: Float.self)
      for index in 0..<count { scratch[index] = x[index] + 1 }
      for index in 0..<count { y[index] = scratch[index] }
    }
  }

  /// `a + b`, same shapes.
  struct BoundPlus: BindingOperator {
    static let id = OperatorID("BoundPlus", domain: Toy.domain)
    static let opsets = 1...1
    private let plain: Plus
    init(attributes: inout Attributes, opset: Int) { plain = Plus(attributes: &attributes, opset: opset) }
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { plain.infer(inputs) }
    func run(_ context: RunContext) throws(OperatorError) { try plain.run(context) }
    func bind(
      inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
    ) throws(OperatorError) -> (any BoundKernel)? {
      PlusKernel(count: try inputs.required(0).shape.known?.reduce(1, *) ?? 0)
    }
  }

  private struct PlusKernel: BoundKernel {
    let count: Int
    var choice: KernelChoice { KernelChoice("plus") }
    func run(_ io: KernelIO) {
      guard let a = io.inputs[0]?.assumingMemoryBound(to: Float.self),
        let b = io.inputs[1]?.assumingMemoryBound(to: Float.self),
        let y = io.outputs[0]?.assumingMemoryBound(to: Float.self)
      else { return }
      for index in 0..<count { y[index] = a[index] + b[index] }
    }
  }
}
