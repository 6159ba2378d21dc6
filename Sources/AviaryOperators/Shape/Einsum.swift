import AviaryCore
import AviaryKernels

/// Einstein's summation: the product of the operands' elements, summed over every label that the output does
/// not name. A label that an operand names twice takes its diagonal.
///
/// ONNX `Einsum`, all versions. Operands are contracted pairwise from the left.
struct Einsum: Operator {
  static let id = OperatorID("Einsum")
  static let opsets = 12...Opset.latest

  private let equation: EinsumEquation

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    equation = try EinsumEquation(attributes.string("equation").required("equation"))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = inputs.lazy.compactMap(\.elementType).first
    var ranks: [Int] = []
    for index in inputs.indices {
      guard let rank = try inputs.required(index).rank else { return [ValueInfo(type, .unknown)] }
      ranks.append(rank)
    }
    let labels = try equation.labels(ranks: ranks)
    var extents: [Int: Extent] = [:]
    for (info, list) in zip(inputs, labels.inputs) {
      for (axis, label) in list.enumerated() {
        let (known, new) = (extents[label] ?? 1, info.shape[axis])
        // An unknown extent may be the 1 that broadcasts.
        extents[label] = known == 1 ? new : new == 1 || new.value == nil ? known : new
      }
    }
    return [ValueInfo(type, SymbolicShape(labels.output.map { extents[$0] ?? .unknown }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var tensors: [Tensor] = []
    for index in context.inputs.indices { tensors.append(try context.input(index)) }
    guard let first = tensors.first else { throw .missingInput(0) }
    let type = first.elementType
    guard tensors.allSatisfy({ $0.elementType == type }) else {
      throw .invalid("operands differ in element type")
    }
    let labels = try equation.labels(ranks: tensors.map(\.shape.rank))
    if type.isInteger {
      let result = try contracted(tensors, labels, context) { t throws(OperatorError) in
        try checked { () throws(TensorError) in try t.integers() }
      }
      context.set(0, try numberTensor(result.values, as: type, shape: result.shape))
    } else {
      let result = try contracted(tensors, labels, context) { t throws(OperatorError) in
        try numbers(t, input: 0)
      }
      context.set(0, try numberTensor(result.values, as: type, shape: result.shape))
    }
  }

  private func contracted<T: EinsumNumber>(
    _ tensors: [Tensor], _ labels: (inputs: [[Int]], output: [Int]), _ context: RunContext,
    _ read: (Tensor) throws(OperatorError) -> [T]
  ) throws(OperatorError) -> (values: [T], shape: Shape) {
    var current = EinsumOperand<T>(values: [.one], labels: [], dims: [])
    for (index, tensor) in tensors.enumerated() {
      let next = EinsumOperand(
        values: try read(tensor), labels: labels.inputs[index], dims: tensor.shape.dims)
      // What neither the output nor a later operand names is summed now.
      let later = Set(labels.inputs[(index + 1)...].joined()).union(labels.output)
      let isLast = index == tensors.count - 1
      var kept: [Int] = []
      for label in current.labels + next.labels where later.contains(label) && !kept.contains(label) {
        kept.append(label)
      }
      current = try current.times(next, keeping: isLast ? labels.output : kept, context.limits)
    }
    return (current.values, try checked { () throws(TensorError) in try Shape(current.dims) })
  }
}

/// Numbers that Einsum multiplies and adds; integers wrap around.
protocol EinsumNumber: Sendable {
  static var zero: Self { get }
  static var one: Self { get }
  func adding(_ a: Self, times b: Self) -> Self
}

extension Double: EinsumNumber {
  static var one: Double { 1 }
  func adding(_ a: Double, times b: Double) -> Double { self + a * b }
}

extension Int: EinsumNumber {
  static var one: Int { 1 }
  func adding(_ a: Int, times b: Int) -> Int { self &+ a &* b }
}

/// A dense array with a label on each axis.
struct EinsumOperand<T: EinsumNumber> {
  var values: [T]
  var labels: [Int]
  var dims: [Int]

  /// The product with another operand, summed over all labels but `kept`.
  func times(_ other: EinsumOperand, keeping kept: [Int], _ limits: Limits) throws(OperatorError)
    -> EinsumOperand
  {
    var extents: [Int: Int] = [:]
    for (label, extent) in zip(labels + other.labels, dims + other.dims) {
      let known = extents[label] ?? 1
      guard known == extent || known == 1 || extent == 1 else {
        throw .invalid("one label has the extents \(known) and \(extent)")
      }
      extents[label] = known == 1 ? extent : known
    }
    let summed = extents.keys.filter { !kept.contains($0) }.sorted()
    let order = kept + summed
    let all = order.map { extents[$0] ?? 1 }
    let result = kept.map { extents[$0] ?? 1 }
    let shape = try checked { () throws(TensorError) in try Shape(result) }
    guard shape.count <= limits.tensorBytes / 8 else {
      throw .resource("a product of shape \(shape) is beyond the tensor memory limit")
    }
    var output = EinsumOperand(
      values: [T](repeating: .zero, count: shape.count), labels: kept, dims: result)
    guard !all.contains(0) else { return output }
    let (a, b) = (strides(order), other.strides(order))
    let terms = all[kept.count...].reduce(1, *)
    var index = [Int](repeating: 0, count: all.count)
    var (i, j) = (0, 0)
    for place in 0..<shape.count {
      var sum = T.zero
      for _ in 0..<terms {
        sum = sum.adding(values[i], times: other.values[j])
        var axis = all.count - 1
        while axis >= 0 {
          index[axis] += 1
          i += a[axis]
          j += b[axis]
          if index[axis] < all[axis] { break }
          i -= a[axis] * all[axis]
          j -= b[axis] * all[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      output.values[place] = sum
    }
    return output
  }

  /// How far this operand moves along each label; 0 where it has no such axis or repeats it.
  private func strides(_ order: [Int]) -> [Int] {
    let own = denseStrides(dims)
    return order.map { label in
      labels.indices.filter { labels[$0] == label && dims[$0] != 1 }.reduce(0) { $0 + own[$1] }
    }
  }
}
