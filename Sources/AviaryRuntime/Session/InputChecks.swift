import AviaryCore

extension Graph.Declaration {
  /// Checks a caller's value against the declared type.
  ///
  /// - Parameter symbols: extents that earlier inputs gave to named dimensions; equal names must agree.
  /// - Throws: `RunError` (`invalidInput`) that names the input, what it is and what it must be.
  func check(_ value: Value, symbols: inout [String: (extent: Int, input: String)]) throws(RunError) {
    switch (type, value) {
    case (.tensor(let elementType, let shape), .tensor(let tensor)):
      if let elementType, elementType != tensor.elementType {
        throw refusal("has element type \(tensor.elementType.name), must be \(elementType.name)")
      }
      try check(tensor.shape, against: shape, symbols: &symbols)
    case (.tensor, _): throw refusal("must be a tensor")
    case (.sequence, .sequence), (.optional, _), (.map, .map), (.unknown, _), (.sparseTensor, _): break
    case (.sequence, _): throw refusal("must be a sequence")
    case (.map, _): throw refusal("must be a map")
    }
  }

  private func check(
    _ shape: Shape, against declared: SymbolicShape, symbols: inout [String: (extent: Int, input: String)]
  ) throws(RunError) {
    guard let dims = declared.dims else { return }
    guard dims.count == shape.rank else {
      throw refusal("has shape \(shape) (rank \(shape.rank)), must be \(declared) (rank \(dims.count))")
    }
    for (axis, dim) in dims.enumerated() {
      switch dim {
      case .known(let extent) where extent != shape[axis]:
        throw refusal("has shape \(shape), must be \(declared): axis \(axis) is \(shape[axis]), not \(extent)")
      case .symbol(let symbol):
        if let known = symbols[symbol], known.extent != shape[axis] {
          throw refusal(
            "has extent \(shape[axis]) along '\(symbol)', but input '\(known.input)' has \(known.extent)")
        }
        symbols[symbol] = (shape[axis], name)
      default: break
      }
    }
  }

  private func refusal(_ what: String) -> RunError { RunError(.invalidInput, "input '\(name)' \(what)") }
}
