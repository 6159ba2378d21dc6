/// One extent of a shape that may not be known yet.
public enum Extent: Sendable, Hashable {
  case known(Int)
  /// `dim_param`: equal names are equal extents.
  case symbol(String)
  case unknown

  public var value: Int? { if case .known(let value) = self { value } else { nil } }
}

extension Extent: ExpressibleByIntegerLiteral, CustomStringConvertible {
  public init(integerLiteral value: Int) { self = .known(value) }
  public var description: String {
    switch self {
    case .known(let value): "\(value)"
    case .symbol(let name): name
    case .unknown: "?"
    }
  }
}

/// A shape as far as it is known: nothing, the rank, some extents, or all of them.
public struct SymbolicShape: Sendable, Hashable {
  /// Extents, outermost first; `nil` where even the rank is unknown.
  public let dims: [Extent]?

  public init(_ dims: [Extent]?) { self.dims = dims }
  public init(_ shape: Shape) { dims = shape.dims.map { .known($0) } }
  public init(known dims: [Int]) { self.dims = dims.map { .known($0) } }

  public static let unknown = SymbolicShape(nil)
  public static func rank(_ rank: Int) -> SymbolicShape {
    SymbolicShape([Extent](repeating: .unknown, count: max(0, rank)))
  }

  public var rank: Int? { dims?.count }

  /// The extents where all are known.
  public var known: [Int]? {
    guard let dims else { return nil }
    var known: [Int] = []
    for dim in dims {
      guard let value = dim.value else { return nil }
      known.append(value)
    }
    return known
  }

  /// The extent along an axis counted from the front; `.unknown` outside the rank.
  public subscript(axis: Int) -> Extent {
    guard let dims, dims.indices.contains(axis) else { return .unknown }
    return dims[axis]
  }
}

extension SymbolicShape: CustomStringConvertible {
  public var description: String {
    guard let dims else { return "?" }
    return dims.isEmpty ? "scalar" : dims.map(\.description).joined(separator: "x")
  }
}
