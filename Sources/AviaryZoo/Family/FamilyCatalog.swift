/// The families that plugins have registered.
public struct FamilyCatalog: Sendable {
  public let families: [any ModelFamily]

  public init(_ families: [any ModelFamily]) { self.families = families }

  /// The one family that knows the network; `nil` where none does, or where several do and so none is sure.
  public func match(_ network: NetworkSketch) -> FamilyMatch? {
    let matches = families.compactMap { $0.match(network) }
    return matches.count == 1 ? matches.first : nil
  }
}
