/// An operator that can say what its `run` does for inputs it is not bound to (`BindingOperator`).
public protocol ExplainingOperator: Operator {
  /// The kernel that `run` would use, for `--explain`; `nil` where there is nothing to say.
  func choice(inputs: [ValueInfo], outputs: [ValueInfo]) -> KernelChoice?
}
