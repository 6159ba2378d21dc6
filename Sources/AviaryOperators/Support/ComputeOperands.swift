import AviaryCore
import AviaryKernels

// Operators that compute whole tensors in one of the four compute types: inputs of other types are converted
// before, results rounded once after.

extension RunContext {
  /// The elements of a tensor as `T`: where they lie if they are `T`, converted otherwise.
  ///
  /// - Throws: `OperatorError` for types without a numeric value, or beyond the budget.
  func elements<T: ComputeElement>(
    of tensor: Tensor, as type: T.Type
  ) throws(OperatorError) -> UnsafeBufferPointer<T> {
    if tensor.elementType == T.elementType {
      return try checked { () throws(TensorError) in try tensor.unsafeElements(as: T.self) }
    }
    guard tensor.elementType.computeType != nil, let row = ElementRow(tensor) else {
      throw .invalid("elements of type \(tensor.elementType.name) are no numbers")
    }
    let copy = try scratch(tensor.count, of: T.self)
    guard let base = copy.baseAddress else { throw .invalid("no memory for the converted input") }
    convert(row, MutableElementRow(base, T.elementType), count: tensor.count, parallel: parallel)
    return UnsafeBufferPointer(copy)
  }

  /// The elements of an optional input as `T`.
  func optionalElements<T: ComputeElement>(
    _ index: Int, as type: T.Type
  ) throws(OperatorError) -> UnsafeBufferPointer<T>? {
    guard let tensor = try optionalInput(index) else { return nil }
    return try elements(of: tensor, as: type)
  }

  /// Makes output `index` of `elementType` and lets `body` write it as `T`; rounds where the types differ.
  func makeResult<T: ComputeElement>(
    _ index: Int, _ elementType: ElementType, _ dims: [Int], as type: T.Type,
    _ body: (UnsafeMutableBufferPointer<T>) throws(OperatorError) -> Void
  ) throws(OperatorError) {
    if elementType == T.elementType { return try body(make(index, dims, as: T.self)) }
    let row = try makeRow(index, elementType, dims)
    let count = try checked { () throws(TensorError) in try Shape(dims) }.count
    let values = try scratch(count, of: T.self)
    guard let base = values.baseAddress else { throw .invalid("no memory for the result") }
    try body(values)
    convert(ElementRow(base, T.elementType), row, count: count, parallel: parallel)
  }
}

extension RunContext {
  /// The elements of a tensor in a compute type; see `elements(of:as:)`.
  func address(
    of tensor: Tensor, in compute: ComputeType
  ) throws(OperatorError) -> UnsafeRawPointer {
    let address: UnsafeRawPointer? =
      switch compute {
      case .float: UnsafeRawPointer(try elements(of: tensor, as: Float.self).baseAddress)
      case .double: UnsafeRawPointer(try elements(of: tensor, as: Double.self).baseAddress)
      case .int64: UnsafeRawPointer(try elements(of: tensor, as: Int64.self).baseAddress)
      case .uint64: UnsafeRawPointer(try elements(of: tensor, as: UInt64.self).baseAddress)
      }
    guard let address else { throw .invalid("the tensor has no bytes") }
    return address
  }

  /// Makes output `index` and lets `body` write it in a compute type; see `makeResult(_:_:_:as:_:)`.
  func makeResult(
    _ index: Int, _ elementType: ElementType, _ dims: [Int], in compute: ComputeType,
    _ body: (UnsafeMutableRawPointer) throws(OperatorError) -> Void
  ) throws(OperatorError) {
    func make<T: ComputeElement>(_ type: T.Type) throws(OperatorError) {
      try makeResult(index, elementType, dims, as: T.self) { values throws(OperatorError) in
        guard let base = values.baseAddress else { throw .invalid("the result has no bytes") }
        try body(base)
      }
    }
    switch compute {
    case .float: try make(Float.self)
    case .double: try make(Double.self)
    case .int64: try make(Int64.self)
    case .uint64: try make(UInt64.self)
    }
  }

  /// Scratch memory for `count` elements of a compute type.
  func scratch(_ count: Int, in compute: ComputeType) throws(OperatorError) -> UnsafeMutableRawPointer {
    let address: UnsafeMutableRawPointer? =
      compute == .float
      ? UnsafeMutableRawPointer(try scratch(count, of: Float.self).baseAddress)
      : UnsafeMutableRawPointer(try scratch(count, of: Double.self).baseAddress)
    guard let address else { throw .invalid("no scratch memory") }
    return address
  }

  /// The tensor at `index`, of one of the types the operator takes, and where it is computed.
  func typedInput(
    _ index: Int, _ allowed: Set<ElementType>
  ) throws(OperatorError) -> (tensor: Tensor, compute: ComputeType) {
    let tensor = try input(index)
    guard allowed.contains(tensor.elementType), let compute = tensor.elementType.computeType else {
      throw .type(tensor.elementType, input: index)
    }
    return (tensor, compute)
  }
}

extension Tensor {
  /// A float copy of a tensor of floating point numbers (the tensor itself where it is one).
  func asFloat() throws(OperatorError) -> Tensor {
    guard elementType != .float else { return self }
    guard let row = ElementRow(self), elementType.computeType == .float else {
      throw .invalid("elements of type \(elementType.name) cannot be computed as float")
    }
    let count = count
    return try checked { () throws(TensorError) in
      try Tensor(elementType: .float, shape: shape) { bytes in
        guard let base = bytes.baseAddress else { return }
        convert(row, MutableElementRow(base, .float), count: count, parallel: Serial())
      }
    }
  }
}

extension Attributes {
  /// `precision` of the fused operators in the `aviary` domain.
  mutating func precision() throws(ImportError) -> Precision {
    let name = try string("precision", default: Precision.fp32.rawValue)
    guard let precision = Precision(rawValue: name) else {
      throw ImportError(.invalidAttribute, "attribute 'precision' is '\(name)', which is no arithmetic")
    }
    return precision
  }

  /// `activation` and `activation_params` of the fused operators in the `aviary` domain.
  mutating func activation() throws(ImportError) -> Activation {
    let name = try string("activation", default: "")
    let parameters = try floats("activation_params") ?? []
    guard let activation = Activation(name: name, parameters: parameters) else {
      throw ImportError(.invalidAttribute, "attribute 'activation' is '\(name)', which is no activation")
    }
    return activation
  }
}
