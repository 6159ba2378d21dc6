import AviaryCore
import AviaryKernels

/// Scores of trees, added up (or averaged, or the least or greatest of them), with `base_values` on top.
///
/// ONNX-ML `TreeEnsembleRegressor`, versions 1 and 3 (`*_as_tensor`); version 5 deprecates it in favour of
/// `TreeEnsemble`, models go on using it. Double inputs are compared and summed in double precision.
struct TreeEnsembleRegressor: Operator {
  static let id = MLDomain.id("TreeEnsembleRegressor")
  static let opsets = 1...MLDomain.latest

  private let forest: ForestPair
  private let targets: Int
  private let base: [Double]
  private let transform: PostTransform

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let trees = try TreeAttributes(&attributes, prefix: "target")
    let largest = trees.voteTargets.max() ?? 0
    targets = try attributes.int("n_targets") ?? (largest < Int.max ? largest + 1 : 0)
    guard targets > 0 else { throw ImportError(.invalidAttribute, "n_targets is \(targets)") }
    let aggregate = try attributes.string(
      "aggregate_function", default: "SUM", among: ["SUM", "AVERAGE", "MIN", "MAX"])
    transform = try PostTransform(&attributes)
    base = trees.baseValues
    guard base.isEmpty || base.count == targets || base.count == 1 else {
      throw ImportError(.invalidAttribute, "\(base.count) base_values for \(targets) targets")
    }
    forest = try ForestPair(trees, targets: targets, aggregate: aggregate)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.float, SymbolicShape([try inputs.featureRowExtent(), .known(targets)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard Set<ElementType>.features.contains(try context.input(0).elementType) else {
      throw .type(try context.input(0).elementType, input: 0)
    }
    let (rows, scores, _) = try forest.evaluate(context)
    let result = try context.make(0, [rows, targets], as: Float.self)
    for row in 0..<rows {
      let own = UnsafeMutableBufferPointer(rebasing: scores[row * targets..<(row + 1) * targets])
      for i in own.indices where !base.isEmpty { own[i] += base[base.count == 1 ? 0 : i] }
      transform.apply(own)
      for i in own.indices { result[row * targets + i] = Float(own[i]) }
    }
  }
}

/// The class that the trees' votes favour, and the votes after `post_transform`.
///
/// ONNX-ML `TreeEnsembleClassifier`, versions 1 and 3; deprecated by version 5. Where all leaves vote for one
/// of two classes, its score decides: class 1 wins above one half if no weight is negative (probabilities),
/// above 0 otherwise (log odds). Votes for class 0 alone stand for both, as exporters mean them: `1 - s, s`, or
/// `-s, s` and their logistic function. The specification leaves this open; it is what ONNX Runtime does.
struct TreeEnsembleClassifier: Operator {
  static let id = MLDomain.id("TreeEnsembleClassifier")
  static let opsets = 1...MLDomain.latest

  private let forest: ForestPair
  private let labels: ClassLabels
  private let classes: Int
  private let base: [Double]
  private let transform: PostTransform
  /// The class that all leaves vote for although there are two.
  private let onlyClass: Int?
  private let isPositive: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let trees = try TreeAttributes(&attributes, prefix: "class")
    labels = try ClassLabels(&attributes, integers: "classlabels_int64s", strings: "classlabels_strings")
    guard labels.count > 0 else {
      throw ImportError(.invalidAttribute, "one of classlabels_int64s and classlabels_strings is needed")
    }
    transform = try PostTransform(&attributes)
    base = trees.baseValues
    classes = labels.count
    guard base.isEmpty || base.count == classes || base.count == 1 else {
      throw ImportError(.invalidAttribute, "\(base.count) base_values for \(classes) classes")
    }
    let ids = Set(trees.voteTargets)
    onlyClass = classes == 2 && ids.count == 1 ? ids.first : nil
    isPositive = trees.voteWeights.allSatisfy { $0 >= 0 }
    forest = try ForestPair(trees, targets: classes, aggregate: "SUM")
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let rows = try inputs.featureRowExtent()
    return [
      ValueInfo(labels.elementType, SymbolicShape([rows])),
      ValueInfo(.float, SymbolicShape([rows, .known(classes)])),
    ]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard Set<ElementType>.features.contains(try context.input(0).elementType) else {
      throw .type(try context.input(0).elementType, input: 0)
    }
    let (rows, scores, voted) = try forest.evaluate(context)
    let result = try context.make(1, [rows, classes], as: Float.self)
    var winners = [Int](repeating: 0, count: rows)
    for row in 0..<rows {
      let own = UnsafeBufferPointer(rebasing: scores[row * classes..<(row + 1) * classes])
      let flags = UnsafeBufferPointer(rebasing: voted[row * classes..<(row + 1) * classes])
      let target = UnsafeMutableBufferPointer(rebasing: result[row * classes..<(row + 1) * classes])
      winners[row] = classes == 2 ? binary(own, into: target) : several(own, flags, into: target)
    }
    try labels.write(winners, to: 0, context)
  }

  private func several(
    _ scores: UnsafeBufferPointer<Double>, _ voted: UnsafeBufferPointer<UInt8>,
    into target: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    var winner = -1
    for i in scores.indices {
      target[i] = Float(scores[i] + (base.isEmpty ? 0 : base[base.count == 1 ? 0 : i]))
      // A class without a vote or a base value is out of the race.
      guard voted[i] != 0 || !base.isEmpty else { continue }
      if winner < 0 || target[i] > target[winner] { winner = i }
    }
    transform.apply(target)
    if classes == 1 { return scores[0] + (base.first ?? 0) > (isPositive ? 0.5 : 0) ? 1 : 0 }
    return max(winner, 0)
  }

  private func binary(
    _ scores: UnsafeBufferPointer<Double>, into target: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    guard let onlyClass else {
      for i in 0..<2 { target[i] = Float(scores[i] + (base.isEmpty ? 0 : base[base.count == 1 ? 0 : i])) }
      let winner = target[1] > target[0] ? 1 : 0
      transform.apply(target)
      return winner
    }
    let score = Float(scores[onlyClass] + (base.count == 2 ? base[1] : base.first ?? 0))
    switch (onlyClass, transform) {
    case (1, _):
      (target[0], target[1]) = (0, score)
      transform.apply(target)
    case (_, .probit):
      (target[0], target[1]) = (1 - score, score)
      transform.apply(target)
    case (_, .logistic): SecondScore.negation.expand(score, transform, into: target)
    default: (isPositive ? SecondScore.complement : .negation).expand(score, transform, into: target)
    }
    return score > (isPositive ? 0.5 : 0) ? 1 : 0
  }
}
