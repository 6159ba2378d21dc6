import AviaryCore
import AviaryKernels

/// The shape that inputs broadcast to, as far as it follows from what is known of them
/// (multidirectional broadcasting, "Broadcasting in ONNX").
///
/// - Throws: `OperatorError.invalid` where known extents can never agree.
func broadcastShape(_ shapes: [SymbolicShape]) throws(OperatorError) -> SymbolicShape {
  var ranks: [Int] = []
  for shape in shapes {
    guard let rank = shape.rank else { return .unknown }
    ranks.append(rank)
  }
  let rank = ranks.max() ?? 0
  var dims = [Extent](repeating: .known(1), count: rank)
  for (shape, own) in zip(shapes, ranks) {
    for axis in 0..<own {
      let target = axis + rank - own
      guard let joined = broadcastExtent(dims[target], shape[axis]) else {
        let list = shapes.map(\.description).joined(separator: " and ")
        throw .invalid("shapes \(list) do not broadcast to each other")
      }
      dims[target] = joined
    }
  }
  return SymbolicShape(dims)
}

/// The extent two extents broadcast to; `nil` where they cannot.
private func broadcastExtent(_ a: Extent, _ b: Extent) -> Extent? {
  switch (a, b) {
  case (.known(1), _): return b
  case (_, .known(1)): return a
  case (.known(let x), .known(let y)): return x == y ? a : nil
  // An extent that is not 1 decides: the unknown one is either equal or 1.
  case (.known, _): return a
  case (_, .known): return b
  default: return a == b ? a : .unknown
  }
}

/// The broadcasting that Add, Sub, Mul, Div, Pow, comparisons and logic had before opset 7: the second
/// operand is stretched to the first only where `broadcast` says so, its axes laid on those of the first
/// from `axis` on (by default at the end).
struct LegacyBroadcast: Sendable {
  let isEnabled: Bool
  let axis: Int?

  /// Reads `broadcast` and `axis` before opset 7; `nil` from then on.
  init?(attributes: inout Attributes, opset: Int) throws(ImportError) {
    guard opset < 7 else { return nil }
    attributes.ignore("consumed_inputs")
    isEnabled = try attributes.bool("broadcast", default: false)
    axis = try attributes.int("axis")
  }

  /// The second operand's shape with as many axes as the first, ready for ordinary broadcasting.
  ///
  /// - Throws: `OperatorError.invalid` where the shapes differ without `broadcast`, or do not fit with it.
  func aligned(_ b: [Int], to a: [Int]) throws(OperatorError) -> [Int] {
    guard isEnabled else {
      guard a == b else { throw .invalid("shapes \(a) and \(b) differ, and 'broadcast' is not set") }
      return b
    }
    guard b.count <= a.count else { throw .invalid("shape \(b) has more axes than \(a)") }
    var start = a.count - b.count
    if let axis {
      start = try a.isEmpty && axis == 0 ? 0 : normalizedAxis(axis, rank: a.count)
    }
    guard start + b.count <= a.count else {
      throw .invalid("shape \(b) does not fit into \(a) from axis \(start) on")
    }
    for (offset, dim) in b.enumerated() where dim != 1 && dim != a[start + offset] {
      throw .invalid("shape \(b) does not fit into \(a) from axis \(start) on")
    }
    let before = [Int](repeating: 1, count: start)
    return before + b + [Int](repeating: 1, count: a.count - start - b.count)
  }
}
