import AviaryCore

/// What a manifest says of a graph besides how it is fed: the kind of its output, its family, its size.
struct GraphClaims {
  /// Where the graph contradicts the manifest; each names both values.
  private(set) var problems: [String] = []
  /// What could not be compared.
  private(set) var notes: [String] = []

  /// - Parameter families: with none, the family is not looked at.
  /// - Throws: `RunError` where the model cannot run.
  init(_ manifest: ModelManifest, _ classifier: Classifier, families: FamilyCatalog) throws {
    compareParameters(manifest.parameters, classifier.session.importedGraph)
    compareFamily(manifest.family, classifier.session.importedGraph, families)
    try compareKind(manifest.output.kind, classifier)
  }

  // MARK: Size

  /// Elements that one count takes along and another does not, such as the statistics of BatchNorm.
  private static let tolerance = 0.05

  private mutating func compareParameters(_ claimed: Int?, _ graph: Graph) {
    guard let claimed else { return }
    let (least, most) = ParameterCount.range(of: graph)
    let range = Double(least) * (1 - Self.tolerance)...Double(most) * (1 + Self.tolerance)
    guard !range.contains(Double(claimed)) else { return }
    problems.append(
      "parameters is \(claimed), but the graph has \(least == most ? "\(least)" : "\(least) to \(most)")")
  }

  // MARK: Family

  /// What 'zoo add' writes for a graph that no family knows.
  private static let otherFamily = "other"

  private mutating func compareFamily(_ claimed: String, _ graph: Graph, _ families: FamilyCatalog) {
    guard !families.families.isEmpty else { return }
    let found = families.match(NetworkSketch(graph))?.family
    let isOther = claimed.lowercased() == Self.otherFamily
    switch found {
    case nil where isOther: return
    case nil: notes.append("whether its family is \(claimed) was not checked: no known family recognises the graph")
    case let found? where found.lowercased() == claimed.lowercased(): return
    case let found? where isOther: notes.append("family is \(claimed), and the graph is recognised as \(found)")
    case let found?: problems.append("family is \(claimed), but the graph is recognised as \(found)")
    }
  }

  // MARK: Output

  /// How far probabilities of a quantised network may be from what they should be.
  private static let slack: Float = 0.05
  private static let pictures = 4

  /// By what comes out for a few pictures of noise.
  private mutating func compareKind(_ claimed: OutputKind, _ classifier: Classifier) throws {
    var random = SplitMix64(state: 1)
    let noise = (0..<Self.pictures).map { _ in
      (0..<classifier.contract.input.count).map { _ in Float(random.normal()) }
    }
    let rows = try classifier.rawScores(prepared: noise)
    // One number says nothing of its kind.
    guard rows.allSatisfy({ $0.count > 1 }) else { return }
    guard rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
      notes.append("whether its output is \(claimed.rawValue) was not checked: noise gives values that are not finite")
      return
    }
    switch claimed {
    case .logits:
      guard OutputKind(lookingAt: rows) == .probabilities else { return }
      problems.append("output.kind is logits, but the outputs are probabilities: each in 0...1, together 1")
    case .probabilities:
      let wrong = rows.first { row in
        abs(row.reduce(0, +) - 1) > Self.slack || row.contains { $0 < -Self.slack || $0 > 1 + Self.slack }
      }
      guard let wrong, let least = wrong.min(), let most = wrong.max() else { return }
      problems.append(
        "output.kind is probabilities, but the outputs look like logits: they lie in \(least)...\(most) and sum to "
          + "\(wrong.reduce(0, +))")
    }
  }
}

/// The constants of a graph that can be called parameters.
private enum ParameterCount {
  /// From the floating-point constants alone to all that may be weights, those of quantised and packed ones included.
  static func range(of graph: Graph) -> (least: Int, most: Int) {
    let constants = Array(graph.initializers.values)
    let least = constants.reduce(0) { $0 + ($1.elementType.isFloatingPoint ? $1.count : 0) }
    let inner = graph.nodes.flatMap { $0.attributes.values.flatMap(tensors) }
    let most = (constants + inner).reduce(0) { sum, tensor in
      sum.addingReportingOverflow(weights(tensor)).partialValue
    }
    return (least, max(least, most))
  }

  private static func weights(_ tensor: Tensor) -> Int {
    switch tensor.elementType {
    // Two weights of four bits may share a byte.
    case .uint8, .int8: tensor.count.multipliedReportingOverflow(by: 2).partialValue
    case let type where type.isFloatingPoint || (1..<8).contains(type.bitWidth): tensor.count
    default: 0
    }
  }

  private static func tensors(_ value: AttributeValue) -> [Tensor] {
    switch value {
    case .tensor(let tensor): [tensor]
    case .tensors(let tensors): tensors
    case .graph(let graph): Array(graph.initializers.values)
    case .graphs(let graphs): graphs.flatMap { $0.initializers.values }
    default: []
    }
  }
}
