import CHaarScan

/// A cascade with addresses in the place of rectangles, for tables of one stride.
///
/// `Cascade` has checked that features lie in the window and trees lead forward; the scan in C relies on it.
struct CompiledCascade {
  private var nodes: [haar_node] = []
  private var trees: [haar_tree] = []
  private var stages: [haar_stage] = []
  /// The window without its rim, whose deviation counts.
  private let inner: haar_corners
  private let area: Double
  private let largestTree: Int32

  /// Entries that are read behind the last one of a table.
  static let slack = Int(haar_slack)

  init(_ cascade: Cascade, stride: Int) {
    let rim = Cascade.Part(x: 1, y: 1, width: cascade.width - 2, height: cascade.height - 2, weight: 1)
    inner = Self.corners(rim, isTilted: false, stride)
    area = Double((cascade.width - 2) * (cascade.height - 2))
    largestTree = Int32(cascade.stages.flatMap { $0.trees.map(\.nodes.count) }.max() ?? 0)
    for stage in cascade.stages {
      stages.append(
        haar_stage(
          threshold: stage.threshold, first_tree: Int32(trees.count), tree_count: Int32(stage.trees.count)))
      for tree in stage.trees {
        trees.append(haar_tree(first_node: Int32(nodes.count), node_count: Int32(tree.nodes.count)))
        for node in tree.nodes { nodes.append(Self.node(node, of: tree, cascade.features[node.feature], stride)) }
      }
    }
  }

  private static func node(
    _ node: Cascade.Node, of tree: Cascade.Tree, _ feature: Cascade.Feature, _ stride: Int
  ) -> haar_node {
    // Parts that are not there have the weight 0.
    let parts = feature.parts.map { corners($0, isTilted: feature.isTilted, stride) }
    func part(_ index: Int) -> haar_corners { index < parts.count ? parts[index] : haar_corners() }
    func weight(_ index: Int) -> Float { index < parts.count ? feature.parts[index].weight : 0 }
    func leaf(_ next: Int) -> Float { next > 0 ? 0 : tree.leaves[-next] }
    return haar_node(
      part: (part(0), part(1), part(2)), weight: (weight(0), weight(1), weight(2)), threshold: node.threshold,
      left_node: Int32(node.left), right_node: Int32(node.right), left: leaf(node.left), right: leaf(node.right),
      is_tilted: feature.isTilted ? 1 : 0)
  }

  private static func corners(_ part: Cascade.Part, isTilted: Bool, _ stride: Int) -> haar_corners {
    func entry(_ x: Int, _ y: Int) -> Int32 { Int32(truncatingIfNeeded: y * stride + x) }
    let (x, y, w, h) = (part.x, part.y, part.width, part.height)
    return isTilted
      ? haar_corners(
        a: entry(x, y), b: entry(x - h, y + h), c: entry(x + w, y + w), d: entry(x + w - h, y + w + h))
      : haar_corners(a: entry(x, y), b: entry(x + w, y), c: entry(x, y + h), d: entry(x + w, y + h))
  }

  /// Calls `body` with the cascade as the scan in C takes it.
  func withScan(_ body: (UnsafePointer<haar_cascade>) -> Void) {
    nodes.withUnsafeBufferPointer { nodes in
      trees.withUnsafeBufferPointer { trees in
        stages.withUnsafeBufferPointer { stages in
          var cascade = haar_cascade(
            nodes: nodes.baseAddress, trees: trees.baseAddress, stages: stages.baseAddress,
            stage_count: Int32(stages.count), largest_tree: largestTree, inner: inner, area: area)
          body(&cascade)
        }
      }
    }
  }
}
