import AviaryCore
import AviaryKernels

/// The attributes that both SVM operators share.
struct SupportVectors: Sendable {
  let kernel: VectorKernel
  /// Row-major, `count` rows.
  let vectors: [Float]
  let count: Int
  let coefficients: [Float]
  let rho: [Float]
  var columns: Int { count == 0 ? 0 : vectors.count / count }

  /// - Parameter count: number of support vectors; 0 for a model that is linear in the features.
  init(_ attributes: inout Attributes, count: Int) throws(ImportError) {
    coefficients = try attributes.floats("coefficients") ?? []
    rho = try attributes.floats("rho") ?? []
    vectors = try attributes.floats("support_vectors") ?? []
    let name = try attributes.string("kernel_type", default: "LINEAR", among: ["LINEAR", "POLY", "RBF", "SIGMOID"])
    let given = try attributes.floats("kernel_params") ?? []
    guard given.isEmpty || given.count >= 3 else {
      throw ImportError(.invalidAttribute, "kernel_params must be gamma, coef0 and degree")
    }
    let (gamma, coef0, degree) = given.isEmpty ? (0, 0, 0) : (given[0], given[1], given[2])
    self.count = count
    switch name {
    case _ where count == 0: kernel = .linear
    case "POLY": kernel = .poly(gamma: gamma, coef0: coef0, degree: degree)
    case "RBF": kernel = .rbf(gamma: gamma)
    case "SIGMOID": kernel = .sigmoid(gamma: gamma, coef0: coef0)
    default: kernel = .linear
    }
    guard count >= 0, count == 0 || vectors.count.isMultiple(of: count) else {
      throw ImportError(.invalidAttribute, "\(vectors.count) numbers do not make \(count) support vectors")
    }
  }

  /// The kernel of a row with every support vector, into `values`.
  func evaluate(_ x: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>) {
    vectors.withUnsafeBufferPointer { vectors in
      guard let vectors = vectors.baseAddress else { return }
      let width = columns
      for i in 0..<count { values[i] = kernel(x, vectors + i * width, count: width) }
    }
  }
}

/// `rho + sum_i coefficients_i k(x, support_vectors_i)`; the sign of that for a one-class machine.
///
/// ONNX-ML `SVMRegressor`, all versions. Without support vectors (`n_supports` 0) the coefficients are weights
/// of the features.
struct SVMRegressor: Operator {
  static let id = MLDomain.id("SVMRegressor")
  static let opsets = 1...MLDomain.latest

  private let machine: SupportVectors
  private let isOneClass: Bool
  private let transform: PostTransform

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let count = try attributes.int("n_supports", default: 0)
    machine = try SupportVectors(&attributes, count: count)
    isOneClass = try attributes.bool("one_class", default: false)
    transform = try PostTransform(&attributes)
    guard !machine.rho.isEmpty else { throw ImportError(.invalidAttribute, "attribute 'rho' is missing") }
    guard count == 0 || machine.coefficients.count == count else {
      throw ImportError(
        .invalidAttribute, "\(machine.coefficients.count) coefficients for \(count) support vectors")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.float, SymbolicShape([try inputs.featureRowExtent(), 1]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let columns = machine.count == 0 ? machine.coefficients.count : machine.columns
    let (rows, x) = try context.features(as: Float.self, columns: columns)
    let result = try context.make(0, [rows.rows, 1], as: Float.self)
    let values = try context.scratch(try product(context.parallel.threads, machine.count + 1), of: Float.self)
    guard let values = values.baseAddress else { return }
    machine.coefficients.withUnsafeBufferPointer { coefficients in
      guard let coefficients = coefficients.baseAddress else { return }
      context.parallel.forEach(rows.rows, grain: 4) { range, worker in
        let own = values + worker * (machine.count + 1)
        for row in range {
          let features = x + row * rows.columns
          var score = machine.rho[0]
          if machine.count == 0 {
            score += dotProduct(features, coefficients, count: columns)
          } else {
            machine.evaluate(features, into: own)
            score += dotProduct(own, coefficients, count: machine.count)
          }
          result[row] = isOneClass ? (score > 0 ? 1 : -1) : score
          if !isOneClass { transform.apply(UnsafeMutableBufferPointer(rebasing: result[row...row])) }
        }
      }
    }
  }
}
