import AviaryCore

extension RunContext {
  /// The elements of the sequence at `index`, and their type.
  ///
  /// - Throws: `OperatorError.invalid` where the input is missing or no sequence.
  func sequence(_ index: Int) throws(OperatorError) -> (elements: [Value], type: ValueType) {
    guard case .sequence(let elements, let type) = try value(index) else {
      throw .invalid("input \(index) is not a sequence")
    }
    return (elements, type)
  }

  /// The tensors of the sequence at `index`.
  func tensorSequence(_ index: Int) throws(OperatorError) -> [Tensor] {
    var tensors: [Tensor] = []
    for element in try sequence(index).elements {
      guard case .tensor(let tensor) = element else {
        throw .invalid("input \(index) is a sequence of something else than tensors")
      }
      tensors.append(tensor)
    }
    return tensors
  }

  /// A position in a sequence that the input at `index` gives, within `0 ..< count`; `nil` where it is
  /// absent.
  func position(_ index: Int, count: Int) throws(OperatorError) -> Int? {
    guard let tensor = try optionalInput(index) else { return nil }
    let position = try integerScalar(tensor, input: index)
    guard position >= -count, position < count else {
      throw .invalid("position \(position) is outside a sequence of \(count)")
    }
    return position < 0 ? position + count : position
  }
}

extension ValueInfo {
  /// The type of the elements, where this is a sequence.
  var sequenceElement: ValueType? {
    if case .sequence(let element) = type { element } else { nil }
  }
}
