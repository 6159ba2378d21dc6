/// The value of a node's attribute (`AttributeProto.AttributeType`).
public enum AttributeValue: Sendable {
  case float(Float)
  case int(Int64)
  case string(String)
  case tensor(Tensor)
  case graph(Graph)
  case sparseTensor(SparseTensor)
  case type(ValueType)
  case floats([Float])
  case ints([Int64])
  case strings([String])
  case tensors([Tensor])
  case graphs([Graph])
  case sparseTensors([SparseTensor])
  case types([ValueType])
}

/// `SparseTensorProto`: the values that are not zero, and where they stand.
public struct SparseTensor: Sendable {
  /// 1-d.
  public let values: Tensor
  /// int64, either `[count]` (row-major positions) or `[count, rank]` (coordinates).
  public let indices: Tensor
  /// Shape of the dense tensor.
  public let shape: Shape

  public init(values: Tensor, indices: Tensor, shape: Shape) {
    self.values = values
    self.indices = indices
    self.shape = shape
  }
}
