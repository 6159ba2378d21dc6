/// A cascade with addresses in the place of rectangles, for tables of one stride.
struct CompiledCascade {
  enum Verdict {
    case face
    /// Rejected by the first stage.
    case plain
    case rejected
  }

  /// The corners of a rectangle, in entries from the window's upper left one.
  private struct Corners {
    var a: Int32 = 0
    var b: Int32 = 0
    var c: Int32 = 0
    var d: Int32 = 0

    /// The sum of the rectangle.
    @inline(__always)
    func sum(_ window: UnsafePointer<Int32>) -> Int32 {
      window[Int(a)] &- window[Int(b)] &- window[Int(c)] &+ window[Int(d)]
    }
  }

  private struct Node {
    var first: Corners
    var second: Corners
    var third: Corners
    var weights: SIMD4<Float>
    var threshold: Float
    var left: Float
    var right: Float
    /// Nodes of the tree, or not positive where the answer is a leaf; for trees of more than one node.
    var leftNode: Int32
    var rightNode: Int32
    var isTilted: Bool

    /// The feature's value before it is divided by the window's deviation.
    @inline(__always)
    func value(_ upright: UnsafePointer<Int32>, _ tilted: UnsafePointer<Int32>) -> Float {
      let window = isTilted ? tilted : upright
      var value = weights[0] * Float(first.sum(window)) + weights[1] * Float(second.sum(window))
      if weights[2] != 0 { value += weights[2] * Float(third.sum(window)) }
      return value
    }
  }

  private struct Stage {
    var threshold: Float
    /// Trees; where each has one node, also the nodes.
    var range: Range<Int>
  }

  private var stages: [Stage] = []
  private var nodes: [Node] = []
  /// The first node of each tree.
  private var roots: [Int] = []
  private let areStumps: Bool
  /// The window without its rim, whose deviation counts.
  private let inner: Corners
  private let area: Double

  init(_ cascade: Cascade, stride: Int) {
    areStumps = cascade.stages.allSatisfy { $0.trees.allSatisfy { $0.nodes.count == 1 } }
    let rim = Cascade.Part(x: 1, y: 1, width: cascade.width - 2, height: cascade.height - 2, weight: 1)
    inner = Self.corners(rim, isTilted: false, stride)
    area = Double((cascade.width - 2) * (cascade.height - 2))
    for stage in cascade.stages {
      stages.append(Stage(threshold: stage.threshold, range: roots.count..<roots.count + stage.trees.count))
      for tree in stage.trees { append(tree, cascade.features, stride) }
    }
  }

  private mutating func append(_ tree: Cascade.Tree, _ features: [Cascade.Feature], _ stride: Int) {
    roots.append(nodes.count)
    for node in tree.nodes {
      let feature = features[node.feature]
      let corners = feature.parts.map { Self.corners($0, isTilted: feature.isTilted, stride) }
      let weights = feature.parts.map(\.weight)
      nodes.append(
        Node(
          first: corners[0], second: corners.count > 1 ? corners[1] : Corners(),
          third: corners.count > 2 ? corners[2] : Corners(),
          weights: SIMD4(
            weights[0], weights.count > 1 ? weights[1] : 0, weights.count > 2 ? weights[2] : 0, 0),
          threshold: node.threshold, left: node.left <= 0 ? tree.leaves[-node.left] : 0,
          right: node.right <= 0 ? tree.leaves[-node.right] : 0, leftNode: Int32(node.left),
          rightNode: Int32(node.right), isTilted: feature.isTilted))
    }
  }

  private static func corners(_ part: Cascade.Part, isTilted: Bool, _ stride: Int) -> Corners {
    func entry(_ x: Int, _ y: Int) -> Int32 { Int32(truncatingIfNeeded: y * stride + x) }
    let (x, y, w, h) = (part.x, part.y, part.width, part.height)
    return isTilted
      ? Corners(
        a: entry(x, y), b: entry(x - h, y + h), c: entry(x + w, y + w), d: entry(x + w - h, y + w + h))
      : Corners(a: entry(x, y), b: entry(x + w, y), c: entry(x, y + h), d: entry(x + w, y + h))
  }

  /// What the cascade says of the window at these addresses. The tables hold the whole window: `Cascade` has
  /// checked that its features lie inside, and trees lead forward.
  @inline(__always)
  func judge(
    _ window: UnsafePointer<Int32>, squares: UnsafePointer<Int32>, tilted: UnsafePointer<Int32>
  ) -> Verdict {
    let sum = Double(inner.sum(window))
    let square = Double(UInt32(bitPattern: inner.sum(squares)))
    let spread = area * square - sum * sum
    // A flat window is no face, and is not rejected by the first stage either.
    guard spread > 0 else { return .rejected }
    let norm = Float(1 / spread.squareRoot())
    guard area * Double(norm) < 0.1 else { return .rejected }
    return areStumps ? judgeStumps(window, tilted, norm) : judgeTrees(window, tilted, norm)
  }

  @inline(__always)
  private func judgeStumps(
    _ window: UnsafePointer<Int32>, _ tilted: UnsafePointer<Int32>, _ norm: Float
  ) -> Verdict {
    nodes.withUnsafeBufferPointer { nodes in
      stages.withUnsafeBufferPointer { stages in
        for index in stages.indices {
          var sum = 0.0
          for position in stages[index].range {
            let node = nodes[position]
            sum += Double(node.value(window, tilted) * norm < node.threshold ? node.left : node.right)
          }
          if sum < Double(stages[index].threshold) { return index == 0 ? .plain : .rejected }
        }
        return .face
      }
    }
  }

  private func judgeTrees(
    _ window: UnsafePointer<Int32>, _ tilted: UnsafePointer<Int32>, _ norm: Float
  ) -> Verdict {
    for (index, stage) in stages.enumerated() {
      var sum = 0.0
      for tree in stage.range {
        let root = roots[tree]
        var next = 0
        repeat {
          let node = nodes[root + next]
          let isLeft = node.value(window, tilted) * norm < node.threshold
          let answer = Int(isLeft ? node.leftNode : node.rightNode)
          if answer <= 0 { sum += Double(isLeft ? node.left : node.right) }
          next = answer
        } while next > 0
      }
      if sum < Double(stage.threshold) { return index == 0 ? .plain : .rejected }
    }
    return .face
  }
}
