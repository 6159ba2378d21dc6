import AviaryCore
import AviaryKernels

/// `X W^T + b` with one row of weights a target.
struct LinearScores: Sendable {
  let weights: [Float]
  let intercepts: [Float]
  let targets: Int
  var columns: Int { weights.count / targets }

  init(weights: [Float], intercepts: [Float], targets: Int) throws(ImportError) {
    guard targets > 0, weights.count.isMultiple(of: targets) else {
      throw ImportError(
        .invalidAttribute, "\(weights.count) coefficients do not make \(targets) rows of weights")
    }
    guard intercepts.isEmpty || intercepts.count == targets else {
      throw ImportError(.invalidAttribute, "\(intercepts.count) intercepts for \(targets) targets")
    }
    (self.weights, self.intercepts, self.targets) = (weights, intercepts, targets)
  }

  /// Calls `body` with each row's number and scores, on several threads.
  func forEachRow(
    _ context: RunContext, _ body: (Int, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(OperatorError) {
    let (rows, x) = try context.features(as: Float.self, columns: columns)
    let scores = try context.scratch(try product(rows.rows, targets), of: Float.self)
    guard let base = scores.baseAddress else { return }
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      context.parallel.forEach(rows.rows, grain: max(1, 4096 / max(1, self.weights.count))) { range in
        for row in range {
          let own = UnsafeMutableBufferPointer(start: base + row * targets, count: targets)
          for target in 0..<targets {
            own[target] =
              dotProduct(x + row * rows.columns, weights + target * columns, count: columns)
              + (intercepts.isEmpty ? 0 : intercepts[target])
          }
          body(row, own)
        }
      }
    }
  }
}

/// The class with the largest of `X coefficients^T + intercepts`, and the scores after `post_transform`.
///
/// ONNX-ML `LinearClassifier`, all versions. Inputs are computed with in single precision. One row of
/// coefficients for two labels gives a score for either: `1 - s` and `s` after the transform.
struct LinearClassifier: Operator {
  static let id = MLDomain.id("LinearClassifier")
  static let opsets = 1...MLDomain.latest

  private let linear: LinearScores
  private let labels: ClassLabels
  private let transform: PostTransform

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let weights = try attributes.floats("coefficients").required("coefficients")
    let intercepts = try attributes.floats("intercepts") ?? []
    labels = try ClassLabels(&attributes, integers: "classlabels_ints", strings: "classlabels_strings")
    transform = try PostTransform(&attributes)
    // Says how the model was trained; scores are computed the same way.
    attributes.ignore("multi_class")
    let targets = intercepts.isEmpty ? max(1, labels.count) : intercepts.count
    linear = try LinearScores(weights: weights, intercepts: intercepts, targets: targets)
    guard targets <= 2 || labels.count == 0 || labels.count == targets else {
      throw ImportError(.invalidAttribute, "\(labels.count) labels for \(targets) rows of coefficients")
    }
  }

  private var isExpanded: Bool { linear.targets == 1 && labels.count == 2 }
  private var outputColumns: Int { isExpanded ? 2 : linear.targets }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let rows = try inputs.featureRowExtent()
    return [
      ValueInfo(labels.elementType, SymbolicShape([rows])),
      ValueInfo(.float, SymbolicShape([rows, .known(outputColumns)])),
    ]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let rows = try FeatureRows(try context.input(0).shape.dims).rows
    let scores = try context.make(1, [rows, outputColumns], as: Float.self)
    var classes = [Int](repeating: 0, count: rows)
    try classes.withUnsafeMutableBufferPointer { (classes) throws(OperatorError) in
      try linear.forEachRow(context) { row, own in
        classes[row] = own.count == 1 ? (own[0] > 0 ? 1 : 0) : largestPlace(UnsafeBufferPointer(own))
        let target = UnsafeMutableBufferPointer(rebasing: scores[row * outputColumns..<(row + 1) * outputColumns])
        if isExpanded {
          transform.apply(own)
          SecondScore.complement.expand(own[0], .none, into: target)
        } else {
          transform.apply(own)
          for i in own.indices { target[i] = own[i] }
        }
      }
    }
    try labels.write(classes, to: 0, context)
  }
}

/// `post_transform(X coefficients^T + intercepts)`.
///
/// ONNX-ML `LinearRegressor`, all versions.
struct LinearRegressor: Operator {
  static let id = MLDomain.id("LinearRegressor")
  static let opsets = 1...MLDomain.latest

  private let linear: LinearScores
  private let transform: PostTransform

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    linear = try LinearScores(
      weights: attributes.floats("coefficients").required("coefficients"),
      intercepts: attributes.floats("intercepts") ?? [], targets: attributes.int("targets", default: 1))
    transform = try PostTransform(&attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.float, SymbolicShape([try inputs.featureRowExtent(), .known(linear.targets)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let rows = try FeatureRows(try context.input(0).shape.dims).rows
    let result = try context.make(0, [rows, linear.targets], as: Float.self)
    try linear.forEachRow(context) { row, own in
      transform.apply(own)
      for i in own.indices { result[row * linear.targets + i] = own[i] }
    }
  }
}
