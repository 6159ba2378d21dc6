import AviaryCore

/// Preprocessed pictures as one tensor.
enum InputBatch {
  /// - Parameters:
  ///   - pictures: at most as many as the first extent; the rest of the tensor is zeros.
  /// - Throws: `TensorError`.
  static func tensor(
    _ pictures: ArraySlice<[Float]>, shape dims: [Int], type: ElementType
  ) throws(TensorError) -> Tensor {
    let shape = try Shape(dims)
    switch type {
    case .double: return try fill(pictures, shape) { Double($0) }
    case .float16: return try fill(pictures, shape) { Float16($0) }
    case .uint8: return try fill(pictures, shape) { $0 > 0 ? UInt8(min(255, $0.rounded())) : 0 }
    default: return try fill(pictures, shape) { $0 }
    }
  }

  private static func fill<T: Element>(
    _ pictures: ArraySlice<[Float]>, _ shape: Shape, _ convert: (Float) -> T
  ) throws(TensorError) -> Tensor {
    try Tensor(elementType: T.elementType, shape: shape) { bytes in
      let target = bytes.bindMemory(to: T.self)
      var position = 0
      for picture in pictures {
        for value in picture.prefix(target.count - position) {
          target[position] = convert(value)
          position += 1
        }
      }
      for index in position..<target.count { target[index] = convert(0) }
    }
  }
}

extension Tensor {
  /// A copy of the elements of any floating-point tensor that Swift has a type for.
  ///
  /// - Throws: `TensorError.typeMismatch` for other element types.
  package func floats() throws(TensorError) -> [Float] {
    switch elementType {
    case .double: return try array(of: Double.self).map { Float($0) }
    case .float16: return try array(of: Float16.self).map { Float($0) }
    default: return try array(of: Float.self)
    }
  }
}
