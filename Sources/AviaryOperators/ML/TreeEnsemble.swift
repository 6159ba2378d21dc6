import AviaryCore
import AviaryKernels

/// Scores of trees: `aggregate_function` over the leaf that every tree leads a row to, then `post_transform`.
///
/// ONNX-ML `TreeEnsemble`, version 5. Inner nodes and leaves are two lists; children are places in one or the
/// other. A root whose both children are the same leaf is a tree of that leaf alone. Computed in single
/// precision for float16 inputs.
struct TreeEnsemble: Operator {
  static let id = MLDomain.id("TreeEnsemble")
  static let opsets = 5...MLDomain.latest

  private let single: TreeForest<Float>
  private let double: TreeForest<Double>
  private let targets: Int
  private let transform: PostTransform

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let parts = try EnsembleParts(&attributes)
    targets = try attributes.int("n_targets") ?? parts.targetCount
    guard targets > 0 else { throw ImportError(.invalidAttribute, "n_targets is \(targets)") }
    let transforms: [PostTransform] = [.none, .softmax, .logistic, .softmaxZero, .probit]
    let transform = try attributes.int("post_transform", default: 0)
    let aggregate = try attributes.int("aggregate_function", default: 1)
    guard transforms.indices.contains(transform), (0..<4).contains(aggregate) else {
      throw ImportError(
        .invalidAttribute, "post_transform \(transform) or aggregate_function \(aggregate) is none")
    }
    self.transform = transforms[transform]
    single = try parts.forest(targets: targets, aggregate: [.average, .sum, .min, .max][aggregate])
    double = try parts.forest(targets: targets, aggregate: [.average, .sum, .min, .max][aggregate])
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let rows = try inputs.featureRowExtent([.float, .double, .float16])
    return [ValueInfo(try inputs.required(0).elementType, SymbolicShape([rows, .known(targets)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    switch try context.input(0).elementType {
    case .float, .float16: try run(single, context)
    case .double: try run(double, context)
    case let other: throw .type(other, input: 0)
    }
  }

  private func run<T: ComputeElement & BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    _ forest: TreeForest<T>, _ context: RunContext
  ) throws(OperatorError) {
    let (rows, x) = try context.features(as: T.self, columns: forest.columns, allowsMore: true)
    let voted = try context.scratch(try product(rows.rows, targets), of: UInt8.self)
    let type = try context.input(0).elementType
    try context.makeResult(0, type, [rows.rows, targets], as: T.self) { (scores) throws(OperatorError) in
      guard let base = scores.baseAddress, let voted = voted.baseAddress else { return }
      forest.evaluate(
        x, rows: rows.rows, columns: rows.columns, scores: base, voted: voted, parallel: context.parallel)
      for row in 0..<rows.rows {
        transform.apply(UnsafeMutableBufferPointer(start: base + row * targets, count: targets))
      }
    }
  }
}

/// The lists of a `TreeEnsemble`.
private struct EnsembleParts {
  let roots: [Int]
  let features: [Int]
  let modes: [Int]
  let splits: [Double]
  let trueIDs: [Int]
  let falseIDs: [Int]
  let trueLeafs: [Int]
  let falseLeafs: [Int]
  let missing: [Int]
  let members: [Double]
  let leafTargets: [Int]
  let leafWeights: [Double]

  init(_ attributes: inout Attributes) throws(ImportError) {
    func ints(_ name: String) throws(ImportError) -> [Int] { try attributes.ints(name).required(name) }
    func values(_ name: String) throws(ImportError) -> [Double]? {
      guard let tensor = try attributes.tensor(name) else { return nil }
      do { return try numbers(tensor, input: 0) } catch {
        throw ImportError(.invalidAttribute, "attribute '\(name)' holds no numbers")
      }
    }
    roots = try ints("tree_roots")
    features = try ints("nodes_featureids")
    let codes = try values("nodes_modes").required("nodes_modes")
    modes = codes.map { Int(exactly: $0) ?? -1 }
    splits = try values("nodes_splits").required("nodes_splits")
    trueIDs = try ints("nodes_truenodeids")
    falseIDs = try ints("nodes_falsenodeids")
    trueLeafs = try ints("nodes_trueleafs")
    falseLeafs = try ints("nodes_falseleafs")
    missing = try attributes.ints("nodes_missing_value_tracks_true") ?? []
    members = try values("membership_values") ?? []
    leafTargets = try ints("leaf_targetids")
    leafWeights = try values("leaf_weights").required("leaf_weights")
    attributes.ignore("nodes_hitrates")
    let count = features.count
    let lists = [modes.count, splits.count, trueIDs.count, falseIDs.count, trueLeafs.count, falseLeafs.count]
    guard lists.allSatisfy({ $0 == count }), missing.isEmpty || missing.count == count,
      leafTargets.count == leafWeights.count
    else { throw ImportError(.invalidAttribute, "the lists nodes_* or leaf_* differ in length") }
  }

  var targetCount: Int {
    let largest = leafTargets.max() ?? -1
    return largest < Int(Int32.max) ? largest + 1 : 0
  }

  /// Inner nodes come first, leaves behind them.
  func forest<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    targets: Int, aggregate: TreeForest<T>.Aggregate
  ) throws(ImportError) -> TreeForest<T> {
    let count = features.count
    guard count + leafTargets.count < Int(Int32.max) else {
      throw ImportError(.invalidAttribute, "the trees have too many nodes")
    }
    func place(_ id: Int, isLeaf: Bool) -> Int32 {
      guard id >= 0, id < (isLeaf ? leafTargets.count : count) else { return -1 }
      return Int32(isLeaf ? count + id : id)
    }
    let sets = members.split(omittingEmptySubsequences: false) { $0.isNaN }.map { $0.map { T($0) } }
    let modeList: [TreeForest<T>.Mode] = [
      .lessOrEqual, .less, .greaterOrEqual, .greater, .equal, .notEqual, .member,
    ]
    var nodes: [TreeForest<T>.Node] = []
    var nextSet: Int32 = 0
    for index in 0..<count {
      guard modeList.indices.contains(modes[index]), let feature = Int32(exactly: features[index]) else {
        throw ImportError(.invalidAttribute, "node \(index) has mode \(modes[index]), feature \(features[index])")
      }
      let mode = modeList[modes[index]]
      nodes.append(
        .init(
          mode, feature: feature, threshold: T(splits[index]),
          whenTrue: place(trueIDs[index], isLeaf: trueLeafs[index] != 0),
          whenFalse: place(falseIDs[index], isLeaf: falseLeafs[index] != 0),
          missingIsTrue: !missing.isEmpty && missing[index] != 0, place: mode == .member ? nextSet : 0))
      if mode == .member { nextSet += 1 }
    }
    for index in leafTargets.indices { nodes.append(.leaf(Int32(index), at: Int32(count + index))) }
    let votes = try leafTargets.indices.map { (index) throws(ImportError) in
      guard let target = Int32(exactly: leafTargets[index]) else {
        throw ImportError(.invalidAttribute, "a leaf votes for \(leafTargets[index])")
      }
      return TreeForest<T>.Vote(target: target, weight: T(leafWeights[index]))
    }
    do {
      return try TreeForest(
        nodes: nodes, roots: roots.map { Int32(exactly: $0) ?? -1 }.map { $0 < count ? $0 : -1 },
        leaves: leafTargets.indices.map { Int32($0)..<Int32($0 + 1) }, votes: votes, sets: sets,
        targets: targets, aggregate: aggregate)
    } catch { throw ImportError(.invalidAttribute, "\(error)") }
  }
}
