import Aviary

extension ModelInspection {
  /// What the families say of a model.
  struct FamilyEntry: Encodable {
    /// `nil`: none of the families knows it.
    let name: String?
    let variant: String?
    /// The input contract that is assumed where no manifest says another, and why.
    let assumed: UsualContract?
    let stages: [StageEntry]
    /// Why there is no family.
    let problem: String?
    /// The stage of each value of the imported graph.
    let stageOfValue: [String: String]

    struct StageEntry: Encodable {
      let name: String
      let nodes: [String]
    }

    private enum CodingKeys: String, CodingKey { case name, variant, assumed, stages, problem }

    /// - Parameter isDescribed: whether a manifest says how the model is fed, so that nothing is assumed.
    init(_ sketch: NetworkSketch, _ catalog: FamilyCatalog, graph: Graph, isDescribed: Bool) {
      let match = catalog.match(sketch)
      name = match?.family
      variant = match?.variant
      assumed = isDescribed ? nil : match?.contracts.first
      problem = match == nil ? sketch.reasonForNoFamily(graph) : nil
      var stageOfValue: [String: String] = [:]
      stages = (match?.stages ?? []).map { stage in
        let nodes = stage.nodes.filter(graph.nodes.indices.contains).map { graph.nodes[$0] }
        for output in nodes.flatMap(\.outputs) where !output.isEmpty { stageOfValue[output] = stage.name }
        return StageEntry(name: stage.name, nodes: nodes.map(\.label))
      }
      self.stageOfValue = stageOfValue
    }

    var facts: [(String, String)] {
      guard let name, let variant else {
        return [("family", "unknown" + (problem.map { " (\($0))" } ?? ""))]
      }
      let assumption = assumed.map { [("assumed", "input \($0.name): \($0.reason)")] } ?? []
      return [("family", "\(name): \(variant)")] + assumption
    }
  }
}
