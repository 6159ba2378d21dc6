import AviaryCore
import AviaryKernels

/// What the two losses share: the classes' places, weights, `ignore_index` and `reduction`.
struct LossReduction: Sendable {
  private enum Reduction: String { case none, sum, mean }

  private let reduction: Reduction
  private let ignored: Int?

  init(attributes: inout Attributes) throws(ImportError) {
    let name = try attributes.string("reduction", default: "mean", among: ["none", "sum", "mean"])
    reduction = Reduction(rawValue: name) ?? .mean
    ignored = try attributes.int("ignore_index")
  }

  /// The shape of the loss.
  ///
  /// - Throws: `OperatorError` where scores N x C x d... and labels N x d... do not go together.
  func infer(_ inputs: [ValueInfo], _ type: ElementType?) throws(OperatorError) -> ValueInfo {
    _ = try checkedType(inputs, 1, [.int32, .int64])
    if inputs.at(2) != nil {
      let other = try checkedType(inputs, 2, .reals)
      if let type, let other, type != other { throw .type(other, input: 2) }
    }
    let (scores, labels) = (try inputs.required(0).shape, inputs[1].shape)
    if let rank = scores.rank, rank < 2 { throw .rank(rank, input: 0, needs: "2 or more") }
    if let rank = scores.rank, let other = labels.rank, other != rank - 1 {
      throw .rank(other, input: 1, needs: "\(rank - 1)")
    }
    if let dims = scores.dims, let others = labels.dims {
      let positions = [dims[0]] + dims[2...]
      guard !zip(positions, others).contains(where: { $0.contradicts($1) }) else {
        throw .invalid("labels of shape \(labels) do not go with scores of shape \(scores)")
      }
    }
    if let weights = inputs.at(2)?.shape {
      if let rank = weights.rank, rank != 1 { throw .rank(rank, input: 2, needs: "1") }
      guard !weights[0].contradicts(scores[1]) else {
        throw .invalid("\(weights[0]) weights for \(scores[1]) classes")
      }
    }
    guard reduction == .none else { return ValueInfo(type, [Int]()) }
    guard let dims = scores.dims else { return ValueInfo(type, labels) }
    return ValueInfo(type, SymbolicShape([dims[0]] + dims[2...]))
  }

  /// Reads labels and weights (inputs 1 and 2) and makes output 0 of log-probabilities, N x C x positions.
  func run<T: RealElement>(
    _ context: RunContext, _ x: Tensor, logs: UnsafePointer<T>, as type: T.Type
  ) throws(OperatorError) {
    let dims = x.shape.dims
    let labels = try context.input(1)
    guard labels.elementType == .int32 || labels.elementType == .int64 else {
      throw .type(labels.elementType, input: 1)
    }
    let positions = [dims[0]] + dims[2...]
    guard labels.shape.dims == positions else {
      throw .invalid("labels of shape \(labels.shape) do not go with scores of shape \(x.shape)")
    }
    let classes = try context.integers(1)
    var weights: UnsafeBufferPointer<T>?
    if let tensor = try context.optionalInput(2) {
      guard tensor.elementType == x.elementType else { throw .type(tensor.elementType, input: 2) }
      guard tensor.shape.dims == [dims[1]] else {
        throw .invalid("input 2 has shape \(tensor.shape), needs \(dims[1]), a weight a class")
      }
      weights = try context.elements(of: tensor, as: T.self)
    }
    let area = x.shape.product(2..<dims.count)
    if let wrong = classes.first(where: { $0 != ignored && ($0 < 0 || $0 >= dims[1]) }) {
      throw .invalid("label \(wrong) is outside 0 ..< \(dims[1])")
    }
    func loss(_ index: Int) -> (loss: T, weight: T) {
      let label = classes[index]
      guard label != ignored else { return (0, 0) }
      let weight = weights?[label] ?? 1
      let (n, position) = index.quotientAndRemainder(dividingBy: max(1, area))
      return (-logs[(n * dims[1] + label) * area + position] * weight, weight)
    }
    guard reduction != .none else {
      return try context.makeResult(0, x.elementType, positions, as: T.self) { y in
        for index in classes.indices { y[index] = loss(index).loss }
      }
    }
    var (sum, weight) = (0.0, 0.0)
    for index in classes.indices {
      let part = loss(index)
      sum += part.loss.asDouble
      weight += part.weight.asDouble
    }
    let total = reduction == .sum ? sum : sum / weight
    try context.makeResult(0, x.elementType, [], as: T.self) { $0[0] = T.of(total) }
  }
}
