import AviaryCore

extension NetworkSketch {
  /// Why no family knows a network, for people: its form, operators that no family can know, or that it is just
  /// another one.
  public func reasonForNoFamily(_ graph: Graph) -> String {
    let foreign = Set(graph.nodes.map(\.id).filter { !Self.knownDomains.contains($0.domain) }.map(\.description))
    guard foreign.isEmpty else {
      let names = foreign.sorted()
      let more = names.count > 3 ? " and \(names.count - 3) more" : ""
      return "families see ONNX's own operators only; it computes with "
        + names.prefix(3).joined(separator: ", ") + more
    }
    return problem ?? "no family has such blocks in such an order"
  }

  /// Whose operators the sketch reads. The last is our own.
  private static let knownDomains: Set<String> = ["", "ai.onnx.ml", "com.microsoft", "aviary"]
}
