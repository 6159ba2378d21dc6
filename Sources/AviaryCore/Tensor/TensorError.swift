/// What can be wrong with a tensor before any operator sees it.
public enum TensorError: Error, Sendable, Equatable {
  /// A shape that cannot be: a negative extent, or more elements than fit.
  case invalidShape([Int], String)
  /// The bytes given do not hold the elements that type and shape promise.
  case sizeMismatch(expected: Int, found: Int)
  /// A tensor of one element type was read as another.
  case typeMismatch(expected: ElementType, found: ElementType)
  /// More bytes than the budget allows (`Limits.tensorBytes`); nothing was allocated.
  case overBudget(bytes: Int, limit: Int)
  /// The system had no memory left.
  case outOfMemory(bytes: Int)
}

extension TensorError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidShape(let dims, let why): "shape \(dims) is not possible: \(why)"
    case .sizeMismatch(let expected, let found): "holds \(found) bytes, needs \(expected)"
    case .typeMismatch(let expected, let found): "element type is \(found), expected \(expected)"
    case .overBudget(let bytes, let limit):
      "needs \(bytes) bytes, the limit is \(limit); raise the tensor memory limit if that is meant"
    case .outOfMemory(let bytes): "no memory for \(bytes) bytes"
    }
  }
}
