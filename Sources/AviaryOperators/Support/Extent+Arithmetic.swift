import AviaryCore

extension Extent {
  /// The sum, where both are known or one is 0; unknown otherwise (overflow included).
  static func + (a: Extent, b: Extent) -> Extent {
    switch (a, b) {
    case (.known(0), let other), (let other, .known(0)): return other
    case (.known(let x), .known(let y)):
      let (sum, overflow) = x.addingReportingOverflow(y)
      return overflow ? .unknown : .known(sum)
    default: return .unknown
    }
  }

  /// The product, where both are known or one is 1; unknown otherwise (overflow included).
  static func * (a: Extent, b: Extent) -> Extent {
    switch (a, b) {
    case (.known(1), let other), (let other, .known(1)): return other
    case (.known(let x), .known(let y)):
      let (product, overflow) = x.multipliedReportingOverflow(by: y)
      return overflow ? .unknown : .known(product)
    default: return .unknown
    }
  }

  /// Whether both are known and differ.
  func contradicts(_ other: Extent) -> Bool {
    if let a = value, let b = other.value { a != b } else { false }
  }

  /// What is known of an extent that both describe.
  func merged(with other: Extent) -> Extent {
    switch (self, other) {
    case (.known, _): self
    case (_, .known): other
    case (.symbol, _): self
    default: other
    }
  }

  /// What holds of an extent that is either the one or the other.
  func joined(with other: Extent) -> Extent { self == other ? self : .unknown }
}

extension [Extent] {
  /// The product of all, 1 for none.
  var product: Extent { reduce(.known(1), *) }
}

extension SymbolicShape {
  /// What holds of a shape that is either the one or the other (the branches of an If).
  func joined(with other: SymbolicShape) -> SymbolicShape {
    guard let dims, let others = other.dims, dims.count == others.count else { return .unknown }
    return SymbolicShape(zip(dims, others).map { $0.joined(with: $1) })
  }
}
