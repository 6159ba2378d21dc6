import AviaryCore
import AviaryKernels

/// The class that most of the pairwise machines vote for, and the scores (probabilities where `prob_a` and
/// `prob_b` are given).
///
/// ONNX-ML `SVMClassifier`, all versions. Support vectors are sorted by class (`vectors_per_class`);
/// coefficients are `[classes - 1, vectors]`. Without support vectors a class has one row of weights and the
/// largest score wins. Scores of a machine without probabilities are one a pair of classes (`-s, s` for two
/// classes), as in ONNX Runtime.
struct SVMClassifier: Operator {
  static let id = MLDomain.id("SVMClassifier")
  static let opsets = 1...MLDomain.latest

  private let machine: SupportVectors
  private let labels: ClassLabels
  private let transform: PostTransform
  /// First support vector of each class, and the end.
  private let starts: [Int]
  private let probability: [(a: Float, b: Float)]
  private let classes: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    labels = try ClassLabels(&attributes, integers: "classlabels_ints", strings: "classlabels_strings")
    transform = try PostTransform(&attributes)
    var starts = [0]
    for count in try attributes.ints("vectors_per_class") ?? [] {
      let (next, overflow) = starts[starts.count - 1].addingReportingOverflow(count)
      guard count >= 0, !overflow else { throw ImportError(.invalidAttribute, "vectors_per_class holds \(count)") }
      starts.append(next)
    }
    machine = try SupportVectors(&attributes, count: starts[starts.count - 1])
    let (a, b) = (try attributes.floats("prob_a") ?? [], try attributes.floats("prob_b") ?? [])
    classes = max(labels.count, 1)
    let pairs = classes * (classes - 1) / 2
    if machine.count == 0 {
      starts = [Int](repeating: 0, count: classes + 1)
      guard !machine.coefficients.isEmpty, machine.coefficients.count.isMultiple(of: classes),
        !machine.rho.isEmpty
      else { throw ImportError(.invalidAttribute, "coefficients and rho do not fit \(classes) classes") }
    } else {
      guard classes > 1, classes < 1 << 16, starts.count == classes + 1, machine.rho.count >= pairs,
        machine.coefficients.count / (classes - 1) >= machine.count
      else {
        throw ImportError(
          .invalidAttribute,
          "vectors_per_class, coefficients and rho do not fit \(classes) classes of support vectors")
      }
      guard a.count == b.count, a.isEmpty || a.count >= pairs else {
        throw ImportError(.invalidAttribute, "prob_a and prob_b do not fit \(pairs) pairs of classes")
      }
    }
    self.starts = starts
    probability = machine.count == 0 ? [] : zip(a, b).map { ($0, $1) }
  }

  private var pairs: Int { classes * (classes - 1) / 2 }

  /// Numbers that a row's scores are before they are given out: one a class, or one a pair.
  private var scoreCount: Int { machine.count == 0 || !probability.isEmpty ? classes : pairs }
  private var outputColumns: Int { scoreCount == 1 && labels.count == 2 ? 2 : scoreCount }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let rows = try inputs.featureRowExtent()
    return [
      ValueInfo(labels.elementType, SymbolicShape([rows])),
      ValueInfo(.float, SymbolicShape([rows, .known(outputColumns)])),
    ]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let columns = machine.count == 0 ? machine.coefficients.count / classes : machine.columns
    let (rows, x) = try context.features(as: Float.self, columns: columns)
    let width = outputColumns
    let result = try context.make(1, [rows.rows, width], as: Float.self)
    let cells = machine.count + classes + (machine.count == 0 ? 0 : pairs)
    let scratch = try context.scratch(try product(context.parallel.threads, cells), of: Float.self)
    guard let scratch = scratch.baseAddress else { return }
    var winners = [Int](repeating: 0, count: rows.rows)
    winners.withUnsafeMutableBufferPointer { winners in
      context.parallel.forEach(rows.rows, grain: 2) { range, worker in
        let own = scratch + worker * cells
        for row in range {
          let target = UnsafeMutableBufferPointer(rebasing: result[row * width..<(row + 1) * width])
          winners[row] = machine.count == 0
            ? linear(x + row * columns, own, columns, into: target)
            : vote(x + row * columns, own, into: target)
        }
      }
    }
    try labels.write(winners, to: 0, context)
  }

  /// One row of weights a class. Returns the winning class.
  private func linear(
    _ x: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>, _ columns: Int,
    into target: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    machine.coefficients.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      for i in 0..<classes { scores[i] = machine.rho[0] + dotProduct(x, weights + i * columns, count: columns) }
    }
    let all = UnsafeBufferPointer(start: scores, count: classes)
    let best = largestPlace(all)
    finish(all, into: target)
    return classes == 1 ? (scores[0] > 0 ? 1 : 0) : best
  }

  /// One machine a pair of classes.
  private func vote(
    _ x: UnsafePointer<Float>, _ own: UnsafeMutablePointer<Float>, into target: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    let (kernels, scores, votes) = (own, own + machine.count, own + machine.count + pairs)
    machine.evaluate(x, into: kernels)
    votes.update(repeating: 0, count: classes)
    var pair = 0
    machine.coefficients.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      let count = machine.count
      for i in 0..<classes {
        for j in i + 1..<max(i + 1, classes) {
          let (p, q) = (starts[i], starts[j])
          let score =
            machine.rho[pair]
            + dotProduct(weights + (j - 1) * count + p, kernels + p, count: starts[i + 1] - p)
            + dotProduct(weights + i * count + q, kernels + q, count: starts[j + 1] - q)
          scores[pair] = score
          votes[score > 0 ? i : j] += 1
          pair += 1
        }
      }
    }
    let winner = largestPlace(UnsafeBufferPointer(start: votes, count: classes))
    guard !probability.isEmpty else {
      finish(UnsafeBufferPointer(start: scores, count: pairs), into: target)
      return winner
    }
    let chances = coupled(UnsafeBufferPointer(start: scores, count: pairs))
    chances.withUnsafeBufferPointer { finish($0, into: target) }
    // As in LIBSVM the votes decide, even where the probabilities would say otherwise.
    return winner
  }

  private func finish(_ scores: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Float>) {
    if scores.count == 1, target.count == 2 {
      SecondScore.negation.expand(scores[0], transform, into: target)
    } else {
      for i in target.indices { target[i] = scores[i] }
      transform.apply(target)
    }
  }

  /// Class probabilities from pairwise ones (Wu, Lin and Weng 2004, second approach, as in LIBSVM).
  private func coupled(_ scores: UnsafeBufferPointer<Float>) -> [Float] {
    let k = classes
    var pairwise = [Double](repeating: 0, count: k * k)
    var pair = 0
    for i in 0..<k {
      for j in i + 1..<max(i + 1, k) {
        let line = Double(scores[pair] * probability[pair].a + probability[pair].b)
        let chance = min(max(1 - logisticValue(line), 1e-7), 1 - 1e-7)
        (pairwise[i * k + j], pairwise[j * k + i]) = (chance, 1 - chance)
        pair += 1
      }
    }
    var q = [Double](repeating: 0, count: k * k)
    for t in 0..<k {
      for j in 0..<k where j != t {
        q[t * k + t] += pairwise[j * k + t] * pairwise[j * k + t]
        q[t * k + j] = -pairwise[j * k + t] * pairwise[t * k + j]
      }
    }
    var p = [Double](repeating: 1 / Double(k), count: k)
    for _ in 0..<max(100, k) {
      var qp = [Double](repeating: 0, count: k)
      for t in 0..<k { for j in 0..<k { qp[t] += q[t * k + j] * p[j] } }
      var pqp = zip(p, qp).reduce(0) { $0 + $1.0 * $1.1 }
      if qp.allSatisfy({ abs($0 - pqp) < 0.005 / Double(k) }) { break }
      for t in 0..<k {
        let step = (pqp - qp[t]) / q[t * k + t]
        p[t] += step
        pqp = (pqp + step * (step * q[t * k + t] + 2 * qp[t])) / (1 + step) / (1 + step)
        for j in 0..<k {
          qp[j] = (qp[j] + step * q[t * k + j]) / (1 + step)
          p[j] /= 1 + step
        }
      }
    }
    return p.map { Float($0) }
  }
}
