import AviaryCore
import AviaryKernels

/// The attributes that describe trees node by node (`nodes_*`, and `class_*` or `target_*` for the leaves), as
/// versions 1 to 4 write them.
struct TreeAttributes: Sendable {
  /// Names of the lists that say what a leaf adds: `class` or `target`.
  let prefix: String
  let treeIDs: [Int]
  let nodeIDs: [Int]
  let featureIDs: [Int]
  let modes: [String]
  let trueIDs: [Int]
  let falseIDs: [Int]
  let missing: [Int]
  let thresholds: [Double]
  let voteTrees: [Int]
  let voteNodes: [Int]
  let voteTargets: [Int]
  let voteWeights: [Double]
  let baseValues: [Double]

  init(_ attributes: inout Attributes, prefix: String) throws(ImportError) {
    self.prefix = prefix
    treeIDs = try attributes.ints("nodes_treeids") ?? []
    nodeIDs = try attributes.ints("nodes_nodeids") ?? []
    featureIDs = try attributes.ints("nodes_featureids") ?? []
    modes = try attributes.strings("nodes_modes") ?? []
    trueIDs = try attributes.ints("nodes_truenodeids") ?? []
    falseIDs = try attributes.ints("nodes_falsenodeids") ?? []
    missing = try attributes.ints("nodes_missing_value_tracks_true") ?? []
    thresholds = try Self.numbers(&attributes, "nodes_values")
    voteTrees = try attributes.ints("\(prefix)_treeids") ?? []
    voteNodes = try attributes.ints("\(prefix)_nodeids") ?? []
    voteTargets = try attributes.ints(prefix == "class" ? "class_ids" : "target_ids") ?? []
    voteWeights = try Self.numbers(&attributes, "\(prefix)_weights")
    baseValues = try Self.numbers(&attributes, "base_values")
    // How often training came by: nothing is computed from it.
    attributes.ignore("nodes_hitrates")
    attributes.ignore("nodes_hitrates_as_tensor")
    let count = nodeIDs.count
    let lists = [treeIDs.count, featureIDs.count, modes.count, trueIDs.count, falseIDs.count, thresholds.count]
    guard count > 0, lists.allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count else {
      throw ImportError(.invalidAttribute, "the lists nodes_* are empty or differ in length")
    }
    guard voteNodes.count == voteTrees.count, voteTargets.count == voteTrees.count,
      voteWeights.count == voteTrees.count
    else { throw ImportError(.invalidAttribute, "the lists \(prefix)_* differ in length") }
  }

  /// A list of floats, or the tensor that takes its place where weights are double.
  static func numbers(_ attributes: inout Attributes, _ name: String) throws(ImportError) -> [Double] {
    let floats = try attributes.floats(name) ?? []
    guard let tensor = try attributes.tensor(name + "_as_tensor") else { return floats.map { Double($0) } }
    guard floats.isEmpty else {
      throw ImportError(.invalidAttribute, "both '\(name)' and '\(name)_as_tensor' are given")
    }
    do { return try AviaryOperators.numbers(tensor, input: 0) } catch {
      throw ImportError(.invalidAttribute, "\(name)_as_tensor holds no numbers")
    }
  }

  private struct Key: Hashable {
    let tree: Int
    let node: Int
  }

  /// The trees, ready to walk. The first node listed of a tree is its root.
  ///
  /// - Throws: `ImportError` (`invalidAttribute`) where they are no trees.
  func forest<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _: T.Type, targets: Int, aggregate: TreeForest<T>.Aggregate
  ) throws(ImportError) -> TreeForest<T> {
    typealias Node = TreeForest<T>.Node
    var places: [Key: Int32] = [:]
    places.reserveCapacity(nodeIDs.count)
    var roots: [Int32] = []
    var seen: Set<Int> = []
    for index in nodeIDs.indices {
      let key = Key(tree: treeIDs[index], node: nodeIDs[index])
      guard places.updateValue(Int32(truncatingIfNeeded: index), forKey: key) == nil else {
        throw ImportError(.invalidAttribute, "tree \(key.tree) has node \(key.node) twice")
      }
      if seen.insert(key.tree).inserted { roots.append(Int32(truncatingIfNeeded: index)) }
    }
    let (leaves, votes) = try leafVotes(places, as: T.self)
    var nodes: [Node] = []
    nodes.reserveCapacity(nodeIDs.count)
    for index in nodeIDs.indices {
      let place = Int32(truncatingIfNeeded: index)
      if modes[index] == "LEAF" {
        nodes.append(.leaf(place, at: place))
        continue
      }
      guard let mode = Self.mode(modes[index], T.self) else {
        throw ImportError(.invalidAttribute, "nodes_modes holds '\(modes[index])'")
      }
      guard let feature = Int32(exactly: featureIDs[index]), feature >= 0,
        let whenTrue = places[Key(tree: treeIDs[index], node: trueIDs[index])],
        let whenFalse = places[Key(tree: treeIDs[index], node: falseIDs[index])]
      else {
        throw ImportError(
          .invalidAttribute,
          "node \(nodeIDs[index]) of tree \(treeIDs[index]) leads to a node or asks for a feature that does not exist")
      }
      nodes.append(
        Node(
          mode, feature: feature, threshold: T(thresholds[index]), whenTrue: whenTrue, whenFalse: whenFalse,
          missingIsTrue: !missing.isEmpty && missing[index] != 0))
    }
    do {
      return try TreeForest(
        nodes: nodes, roots: roots, leaves: leaves, votes: votes, targets: targets, aggregate: aggregate)
    } catch { throw ImportError(.invalidAttribute, "\(error)") }
  }

  private static func mode<T>(_ name: String, _: T.Type) -> TreeForest<T>.Mode? {
    switch name {
    case "BRANCH_LEQ": .lessOrEqual
    case "BRANCH_LT": .less
    case "BRANCH_GTE": .greaterOrEqual
    case "BRANCH_GT": .greater
    case "BRANCH_EQ": .equal
    case "BRANCH_NEQ": .notEqual
    default: nil
    }
  }

  /// The votes, sorted by the node that casts them, and where those of each node stand.
  private func leafVotes<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ places: [Key: Int32], as: T.Type
  ) throws(ImportError) -> ([Range<Int32>], [TreeForest<T>.Vote]) {
    var owners: [Int] = []
    for index in voteTrees.indices {
      guard let node = places[Key(tree: voteTrees[index], node: voteNodes[index])] else {
        throw ImportError(
          .invalidAttribute,
          "\(prefix)_nodeids names node \(voteNodes[index]) of tree \(voteTrees[index]), which does not exist")
      }
      owners.append(Int(node))
    }
    var counts = [Int32](repeating: 0, count: nodeIDs.count + 1)
    for owner in owners { counts[owner + 1] += 1 }
    for i in 1..<counts.count { counts[i] += counts[i - 1] }
    var next = counts
    var votes = [TreeForest<T>.Vote](repeating: .init(target: 0, weight: 0), count: owners.count)
    for (index, owner) in owners.enumerated() {
      guard let target = Int32(exactly: voteTargets[index]) else {
        throw ImportError(.invalidAttribute, "a leaf votes for \(voteTargets[index])")
      }
      votes[Int(next[owner])] = .init(target: target, weight: T(voteWeights[index]))
      next[owner] += 1
    }
    return (nodeIDs.indices.map { counts[$0]..<counts[$0 + 1] }, votes)
  }
}

/// A forest in the two arithmetics: single precision for most inputs, double for inputs of doubles.
struct ForestPair: Sendable {
  let single: TreeForest<Float>
  let double: TreeForest<Double>

  init(_ trees: TreeAttributes, targets: Int, aggregate name: String) throws(ImportError) {
    switch name {
    case "AVERAGE":
      single = try trees.forest(Float.self, targets: targets, aggregate: .average)
      double = try trees.forest(Double.self, targets: targets, aggregate: .average)
    case "MIN":
      single = try trees.forest(Float.self, targets: targets, aggregate: .min)
      double = try trees.forest(Double.self, targets: targets, aggregate: .min)
    case "MAX":
      single = try trees.forest(Float.self, targets: targets, aggregate: .max)
      double = try trees.forest(Double.self, targets: targets, aggregate: .max)
    default:
      single = try trees.forest(Float.self, targets: targets, aggregate: .sum)
      double = try trees.forest(Double.self, targets: targets, aggregate: .sum)
    }
  }

  /// Scores of every row, and which targets got a vote (1) or none (0), both `[rows, targets]`.
  func evaluate(_ context: RunContext) throws(OperatorError) -> (
    rows: Int, scores: UnsafeMutableBufferPointer<Double>, voted: UnsafeMutableBufferPointer<UInt8>
  ) {
    try context.input(0).elementType == .double
      ? evaluate(double, context) : evaluate(single, context)
  }

  private func evaluate<T: ComputeElement & BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ forest: TreeForest<T>, _ context: RunContext
  ) throws(OperatorError) -> (Int, UnsafeMutableBufferPointer<Double>, UnsafeMutableBufferPointer<UInt8>) {
    let (rows, x) = try context.features(as: T.self, columns: forest.columns, allowsMore: true)
    let cells = try product(rows.rows, forest.targets)
    let result = try context.scratch(cells, of: Double.self)
    let voted = try context.scratch(cells, of: UInt8.self)
    let scores = try context.scratch(cells, of: T.self)
    guard let base = scores.baseAddress, let flags = voted.baseAddress else {
      throw .resource("no scratch memory")
    }
    forest.evaluate(
      x, rows: rows.rows, columns: rows.columns, scores: base, voted: flags, parallel: context.parallel)
    for i in 0..<cells { result[i] = Double(base[i]) }
    return (rows.rows, result, voted)
  }
}
