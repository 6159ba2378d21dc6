/// The extents of a tensor, outermost first; empty for a scalar (0-d tensor).
///
/// A shape is valid by construction: no extent is negative and the number of elements fits an `Int`.
public struct Shape: Sendable, Hashable {
  /// Extents, outermost first.
  public let dims: [Int]
  /// Number of elements: the product of the extents, 1 for a scalar.
  public let count: Int

  /// - Throws: `TensorError.invalidShape` for a negative extent or a product beyond `Int`.
  public init(_ dims: [Int]) throws(TensorError) {
    // Non-zero extents are multiplied even where another extent is 0, so that strides never overflow.
    var product = 1
    var isEmpty = false
    for dim in dims {
      guard dim >= 0 else { throw .invalidShape(dims, "extent \(dim) is negative") }
      if dim == 0 {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: dim)
      guard !overflow else { throw .invalidShape(dims, "the number of elements overflows") }
      product = next
    }
    self.dims = dims
    self.count = isEmpty ? 0 : product
  }

  /// The shape of a 0-d tensor.
  public static let scalar = Shape(unchecked: [], count: 1)

  /// The shape of a 1-d tensor; a negative length counts as 0.
  public static func vector(_ length: Int) -> Shape {
    Shape(unchecked: [max(0, length)], count: max(0, length))
  }

  private init(unchecked dims: [Int], count: Int) {
    self.dims = dims
    self.count = count
  }

  public var rank: Int { dims.count }
  public subscript(axis: Int) -> Int { dims[axis] }

  /// Elements between neighbours along each axis of a dense row-major tensor.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: dims.count)
    var step = 1
    for axis in dims.indices.reversed() {
      strides[axis] = step
      step *= max(dims[axis], 1)
    }
    return strides
  }

  /// The product of the extents in a range of axes (1 for an empty range).
  public func product(_ axes: Range<Int>) -> Int { dims[axes].reduce(1, *) }
}

extension Shape: CustomStringConvertible {
  /// `1x3x224x224`, or `scalar`.
  public var description: String {
    dims.isEmpty ? "scalar" : dims.map(String.init).joined(separator: "x")
  }
}

/// Turns an axis in `-rank ..< rank` into one in `0 ..< rank`, as every ONNX `axis` attribute is read.
///
/// - Throws: `OperatorError.invalid` where the axis lies outside.
public func normalizedAxis(_ axis: Int, rank: Int, name: String = "axis") throws(OperatorError) -> Int {
  guard axis >= -rank, axis < rank else {
    throw .invalid("\(name) \(axis) is outside -\(rank)...\(rank - 1) for rank \(rank)")
  }
  return axis < 0 ? axis + rank : axis
}
