import AviaryCore

/// A sum (or mean, least, greatest) over decision trees, laid out for walking.
///
/// All trees share one array of nodes. Every leaf is its own child, so that several rows can walk in step
/// until the last of them has arrived. `Scalar` is `Float` or `Double`: what features are compared in and
/// scores are summed in.
package struct TreeForest<Scalar: BinaryFloatingPoint & BitwiseCopyable & Sendable>: Sendable {
  /// How a node compares a feature with its threshold.
  package enum Mode: UInt8, Sendable, BitwiseCopyable {
    case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member, leaf
  }

  package struct Node: BitwiseCopyable, Sendable {
    package var threshold: Scalar
    /// Column of the input; negative for a leaf.
    package var feature: Int32
    package var whenTrue: Int32
    package var whenFalse: Int32
    package var mode: Mode
    /// Whether a NaN goes the way of true.
    package var missingIsTrue: Bool
    /// Place of a leaf in `leaves`, of a `member` node in `sets`.
    package var place: Int32

    package init(
      _ mode: Mode, feature: Int32, threshold: Scalar, whenTrue: Int32, whenFalse: Int32,
      missingIsTrue: Bool = false, place: Int32 = 0
    ) {
      (self.mode, self.feature, self.threshold) = (mode, feature, threshold)
      (self.whenTrue, self.whenFalse) = (whenTrue, whenFalse)
      (self.missingIsTrue, self.place) = (missingIsTrue, place)
    }

    /// The leaf that is node `index`.
    package static func leaf(_ place: Int32, at index: Int32) -> Node {
      Node(.leaf, feature: -1, threshold: 0, whenTrue: index, whenFalse: index, place: place)
    }
  }

  /// What a leaf adds to a target.
  package struct Vote: BitwiseCopyable, Sendable {
    package var target: Int32
    package var weight: Scalar

    package init(target: Int32, weight: Scalar) { (self.target, self.weight) = (target, weight) }
  }

  package enum Aggregate: Sendable { case sum, average, min, max }

  package let nodes: [Node]
  package let roots: [Int32]
  /// Votes of each leaf, as a range of `votes`.
  package let leaves: [Range<Int32>]
  package let votes: [Vote]
  package let sets: [[Scalar]]
  package let targets: Int
  package let aggregate: Aggregate
  /// Features that the trees ask for: at least so many columns must be there.
  package let columns: Int
  /// Whether every inner node is `lessOrEqual` and treats NaN as false: the usual forest.
  private let isPlain: Bool

  /// - Throws: `ForestError` for a child, root, leaf or target that does not exist, and for a node that can
  ///   reach itself.
  // Called from another module, where a generic body would run through witness tables.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  package init(
    nodes: [Node], roots: [Int32], leaves: [Range<Int32>], votes: [Vote], sets: [[Scalar]] = [], targets: Int,
    aggregate: Aggregate
  ) throws(ForestError) {
    guard nodes.count < Int(Int32.max), votes.count < Int(Int32.max) else { throw .tooLarge }
    var columns = 0
    var isPlain = true
    for (index, node) in nodes.enumerated() {
      guard nodes.indices.contains(Int(node.whenTrue)), nodes.indices.contains(Int(node.whenFalse)) else {
        throw .noNode(index)
      }
      switch node.mode {
      case .leaf: guard leaves.indices.contains(Int(node.place)) else { throw .noNode(index) }
      case .member: guard sets.indices.contains(Int(node.place)) else { throw .noSet(index) }
      default: break
      }
      guard node.mode == .leaf || node.feature >= 0 else { throw .noFeature(index) }
      if node.mode != .leaf { isPlain = isPlain && node.mode == .lessOrEqual && !node.missingIsTrue }
      columns = Swift.max(columns, Int(node.feature) + 1)
    }
    for vote in votes where vote.target < 0 || Int(vote.target) >= targets { throw .noTarget(Int(vote.target)) }
    for leaf in leaves where leaf.lowerBound < 0 || Int(leaf.upperBound) > votes.count { throw .tooLarge }
    for root in roots where !nodes.indices.contains(Int(root)) { throw .noNode(Int(root)) }
    try Self.checkPaths(nodes, roots)
    (self.nodes, self.roots, self.leaves, self.votes, self.sets) = (nodes, roots, leaves, votes, sets)
    (self.targets, self.aggregate, self.columns, self.isPlain) = (targets, aggregate, columns, isPlain)
  }

  /// Every way down must end: no node may be above itself.
  private static func checkPaths(_ nodes: [Node], _ roots: [Int32]) throws(ForestError) {
    // 0: not seen, 1: on the way down to here, 2: done.
    var state = [UInt8](repeating: 0, count: nodes.count)
    var stack: [Int32] = []
    for root in roots where state[Int(root)] == 0 {
      stack.append(root)
      while let top = stack.last {
        let index = Int(top)
        let node = nodes[index]
        if state[index] != 0 || node.mode == .leaf {
          state[index] = 2
          stack.removeLast()
          continue
        }
        state[index] = 1
        for child in [node.whenTrue, node.whenFalse] {
          if state[Int(child)] == 1 { throw .cycle(Int(child)) }
          if state[Int(child)] == 0 { stack.append(child) }
        }
      }
    }
  }

  /// The node that row `x` goes to from `node`.
  @inline(__always)
  private func next(_ node: Node, _ x: UnsafePointer<Scalar>) -> Int32 {
    let value = x[Int(Swift.max(node.feature, 0))]
    if isPlain { return value <= node.threshold ? node.whenTrue : node.whenFalse }
    return holds(node, value) ? node.whenTrue : node.whenFalse
  }

  private func holds(_ node: Node, _ value: Scalar) -> Bool {
    if value.isNaN, node.missingIsTrue { return true }
    return switch node.mode {
    case .lessOrEqual: value <= node.threshold
    case .less: value < node.threshold
    case .greaterOrEqual: value >= node.threshold
    case .greater: value > node.threshold
    case .equal: value == node.threshold
    case .notEqual: value != node.threshold
    case .member: sets[Int(node.place)].contains(value)
    case .leaf: true
    }
  }
}

package enum ForestError: Error, CustomStringConvertible {
  case tooLarge, noNode(Int), noSet(Int), noFeature(Int), noTarget(Int), cycle(Int)

  package var description: String {
    switch self {
    case .tooLarge: "the trees have too many nodes"
    case .noNode(let index): "node \(index) leads to a node that does not exist"
    case .noSet(let index): "node \(index) asks for a set of values that does not exist"
    case .noFeature(let index): "node \(index) asks for a negative feature"
    case .noTarget(let target): "a leaf votes for class or target \(target), which does not exist"
    case .cycle(let index): "node \(index) leads back to itself"
    }
  }
}

// MARK: Walking

extension TreeForest {
  /// Rows that walk through a group of trees before the next group is fetched, at most.
  private static var blockRows: Int { 64 }
  /// Steps that are worth a thread of their own: a tree for a row takes about ten.
  private static var threadWork: Int { 256 }
  /// Trees whose votes are added up before they join the others: sums depend on this, never on threads.
  private static var groupTrees: Int { 64 }

  /// Scores of rows.
  ///
  /// - Parameters:
  ///   - features: `[rows, columns]`; `columns` must be at least `self.columns` and 1.
  ///   - scores: `[rows, targets]`, written whole: 0 where no leaf votes.
  ///   - voted: `[rows, targets]`: 1 where a leaf voted.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  package func evaluate(
    _ features: UnsafePointer<Scalar>, rows: Int, columns: Int, scores: UnsafeMutablePointer<Scalar>,
    voted: UnsafeMutablePointer<UInt8>, parallel: any Parallel
  ) {
    scores.update(repeating: 0, count: rows * targets)
    voted.update(repeating: 0, count: rows * targets)
    let groups = (roots.count + Self.groupTrees - 1) / Self.groupTrees
    let cells = rows * targets
    if rows <= Self.blockRows, groups > 1, cells <= (1 << 20) / groups {
      // Few rows, many trees: each thread takes groups of trees.
      withUnsafeTemporaryAllocation(of: Scalar.self, capacity: cells * groups) { sums in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: cells * groups) { flags in
          guard let sums = sums.baseAddress, let flags = flags.baseAddress else { return }
          parallel.forEach(groups, grain: 1) { range in
            for group in range {
              walk(
                group, features, rows: rows, columns: columns, into: sums + group * cells, flags + group * cells)
            }
          }
          for group in 0..<groups {
            merge(sums + group * cells, flags + group * cells, into: scores, voted, count: cells)
          }
        }
      }
    } else {
      // What a row's sum is does not depend on the rows beside it, so blocks may follow the number of threads.
      let share = Swift.max((rows + parallel.threads - 1) / parallel.threads, Self.threadWork / Swift.max(roots.count, 1))
      let blockRows = Swift.min(Self.blockRows, (share + 3) / 4 * 4)
      let blocks = (rows + blockRows - 1) / blockRows
      parallel.forEach(blocks, grain: 1) { range in
        let most = Swift.min(rows, blockRows) * targets
        withUnsafeTemporaryAllocation(of: Scalar.self, capacity: most) { sums in
          withUnsafeTemporaryAllocation(of: UInt8.self, capacity: most) { flags in
            guard let sums = sums.baseAddress, let flags = flags.baseAddress else { return }
            for block in range {
              let first = block * blockRows
              let count = Swift.min(blockRows, rows - first)
              for group in 0..<groups {
                walk(
                  group, features + first * columns, rows: count, columns: columns, into: sums, flags)
                merge(
                  sums, flags, into: scores + first * targets, voted + first * targets, count: count * targets)
              }
            }
          }
        }
      }
    }
    if aggregate == .average, !roots.isEmpty {
      for i in 0..<cells { scores[i] /= Scalar(roots.count) }
    }
  }

  /// The votes of one group of trees for a block of rows.
  private func walk(
    _ group: Int, _ features: UnsafePointer<Scalar>, rows: Int, columns: Int,
    into sums: UnsafeMutablePointer<Scalar>, _ flags: UnsafeMutablePointer<UInt8>
  ) {
    sums.update(repeating: 0, count: rows * targets)
    flags.update(repeating: 0, count: rows * targets)
    let trees = group * Self.groupTrees..<Swift.min(roots.count, (group + 1) * Self.groupTrees)
    nodes.withUnsafeBufferPointer { nodes in
      guard let nodes = nodes.baseAddress else { return }
      let inStep = rows / 4 * 4
      for tree in trees {
        let root = Int(roots[tree])
        var row = 0
        // Four rows in step: their waits for memory overlap.
        while row < inStep {
          let x = features + row * columns
          var (a, b, c, d) = (nodes[root], nodes[root], nodes[root], nodes[root])
          while Swift.max(Swift.max(a.feature, b.feature), Swift.max(c.feature, d.feature)) >= 0 {
            a = nodes[Int(next(a, x))]
            b = nodes[Int(next(b, x + columns))]
            c = nodes[Int(next(c, x + 2 * columns))]
            d = nodes[Int(next(d, x + 3 * columns))]
          }
          count(a.place, sums + row * targets, flags + row * targets)
          count(b.place, sums + (row + 1) * targets, flags + (row + 1) * targets)
          count(c.place, sums + (row + 2) * targets, flags + (row + 2) * targets)
          count(d.place, sums + (row + 3) * targets, flags + (row + 3) * targets)
          row += 4
        }
      }
      for row in inStep..<rows {
        let (x, sum, flag) = (features + row * columns, sums + row * targets, flags + row * targets)
        var tree = trees.lowerBound
        // A row that is left over goes down four trees in step.
        while tree + 4 <= trees.upperBound {
          var (a, b) = (nodes[Int(roots[tree])], nodes[Int(roots[tree + 1])])
          var (c, d) = (nodes[Int(roots[tree + 2])], nodes[Int(roots[tree + 3])])
          while Swift.max(Swift.max(a.feature, b.feature), Swift.max(c.feature, d.feature)) >= 0 {
            a = nodes[Int(next(a, x))]
            b = nodes[Int(next(b, x))]
            c = nodes[Int(next(c, x))]
            d = nodes[Int(next(d, x))]
          }
          count(a.place, sum, flag)
          count(b.place, sum, flag)
          count(c.place, sum, flag)
          count(d.place, sum, flag)
          tree += 4
        }
        while tree < trees.upperBound {
          var node = nodes[Int(roots[tree])]
          while node.feature >= 0 { node = nodes[Int(next(node, x))] }
          count(node.place, sum, flag)
          tree += 1
        }
      }
    }
  }

  @inline(__always)
  private func count(_ leaf: Int32, _ sums: UnsafeMutablePointer<Scalar>, _ flags: UnsafeMutablePointer<UInt8>) {
    for index in leaves[Int(leaf)] {
      let vote = votes[Int(index)]
      add(vote.weight, to: sums + Int(vote.target), flags + Int(vote.target))
    }
  }

  @inline(__always)
  private func add(_ value: Scalar, to sum: UnsafeMutablePointer<Scalar>, _ flag: UnsafeMutablePointer<UInt8>) {
    switch aggregate {
    case .sum, .average: sum.pointee += value
    case .min: sum.pointee = flag.pointee == 0 ? value : Swift.min(sum.pointee, value)
    case .max: sum.pointee = flag.pointee == 0 ? value : Swift.max(sum.pointee, value)
    }
    flag.pointee = 1
  }

  private func merge(
    _ sums: UnsafePointer<Scalar>, _ flags: UnsafePointer<UInt8>, into scores: UnsafeMutablePointer<Scalar>,
    _ voted: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for i in 0..<count where flags[i] != 0 { add(sums[i], to: scores + i, voted + i) }
  }
}
