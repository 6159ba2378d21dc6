import AviaryCore
import AviaryKernels

/// Runs `body` up to `M` times, or while its condition holds. The body takes the iteration number, the
/// condition and the carried values, and gives the condition, the carried values and one slice of each
/// scanned output.
///
/// ONNX `Loop`, all versions; carried values may be sequences and optionals since opset 13 and 16.
struct Loop: SubgraphOperator {
  static let id = OperatorID("Loop")
  static let opsets = 1...Opset.latest

  private static let body = "body"

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    _ = try attributes.graph(Self.body).required(Self.body)
  }

  func infer(
    _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> [ValueInfo] {
    guard let body = subgraphs[Self.body] else { return [] }
    let carried = max(0, inputs.count - 2)
    // Extents of what is carried may change from one iteration to the next.
    let entering = inputs.dropFirst(2).map { ValueInfo($0.type.withoutShape) }
    let results = try body.infer([ValueInfo(.int64, []), ValueInfo(.bool, [])] + entering)
    guard results.count >= 1 + carried else {
      throw .invalid("the body gives \(results.count) values for \(carried) carried ones")
    }
    let leaving = results[1..<(1 + carried)].map { ValueInfo($0.type.withoutShape) }
    return leaving + results.dropFirst(1 + carried).map(\.stacked)
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    guard let body = subgraphs[Self.body] else { throw .invalid("the graph 'body' is missing") }
    let carried = max(0, context.inputs.count - 2)
    var most = Int.max
    if let limit = try context.optionalInput(0) { most = try integerScalar(limit, input: 0) }
    var goesOn = true
    if let condition = try context.optionalInput(1) {
      goesOn = try integerScalar(condition, input: 1) != 0
    }
    var values: [Value] = []
    for index in 0..<carried { values.append(try context.value(index + 2)) }
    let scanned = context.outputs.count - carried
    guard scanned >= 0 else {
      throw .invalid("\(carried) carried values for \(context.outputs.count) outputs")
    }
    var slices = [ScannedOutput](repeating: ScannedOutput(), count: scanned)

    var iteration = 0
    while goesOn, iteration < most {
      let number = try checked { () throws(TensorError) in try Tensor(scalar: Int64(iteration)) }
      let condition = try checked { () throws(TensorError) in try Tensor(scalar: goesOn) }
      let results = try body.run([.tensor(number), .tensor(condition)] + values)
      guard results.count >= 1 + carried + scanned, let next = results[0].tensor else {
        throw .invalid("the body gives \(results.count) values, needs \(1 + carried + scanned)")
      }
      goesOn = try integerScalar(next, input: 1) != 0
      values = Array(results[1..<(1 + carried)])
      for k in 0..<scanned { try slices[k].append(results[1 + carried + k], limits: context.limits) }
      iteration += 1
    }
    for (index, value) in values.enumerated() { context.set(index, value) }
    guard scanned > 0 else { return }
    let types = slices.contains(where: \.isEmpty) ? try infer(inputInfos(context), subgraphs: subgraphs) : []
    for k in 0..<scanned where context.wants(carried + k) {
      let type = types.indices.contains(carried + k) ? types[carried + k] : .unknown
      context.set(carried + k, .tensor(try slices[k].stacked(axis: 0, ifEmpty: type, context)))
    }
  }

  private func inputInfos(_ context: RunContext) -> [ValueInfo] {
    context.inputs.map { $0.map { ValueInfo($0.type) } ?? .absent }
  }
}

/// The slices of a scanned output as they come.
struct ScannedOutput {
  private var slices: [Tensor] = []
  private var bytes = 0

  var isEmpty: Bool { slices.isEmpty }

  /// - Throws: `OperatorError.resource` where all slices together pass the tensor memory limit.
  mutating func append(_ value: Value, limits: Limits) throws(OperatorError) {
    guard let tensor = value.tensor else { throw .invalid("a scanned output is not a tensor") }
    // At least some bytes each, so that a loop of empty slices ends too.
    bytes += max(tensor.byteCount, 64)
    guard bytes <= limits.tensorBytes else {
      throw .resource("the slices of a scanned output pass the limit of \(limits.tensorBytes) bytes")
    }
    slices.append(tensor)
  }

  /// All slices along a new axis.
  ///
  /// - Parameter type: type and shape of the result without any slice.
  func stacked(
    axis: Int, isReversed: Bool = false, ifEmpty type: ValueInfo, _ context: RunContext
  ) throws(OperatorError) -> Tensor {
    guard let first = slices.first else {
      guard let elementType = type.elementType, let dims = type.shape.dims else {
        throw .invalid("a scanned output without iterations has no known type and rank")
      }
      let shape = try checked { () throws(TensorError) in try Shape(dims.map { $0.value ?? 0 }) }
      if elementType == .string {
        return try checked { () throws(TensorError) in try Tensor(strings: [], shape: shape) }
      }
      return try checked { () throws(TensorError) in
        try Tensor(elementType: elementType, shape: shape, limits: context.limits) { _ in }
      }
    }
    return try concatenated(
      isReversed ? slices.reversed() : slices, first, isNewAxis: true, axis: axis, context)
  }
}

extension ValueType {
  /// The type without what is known of the extents.
  var withoutShape: ValueType {
    switch self {
    case .tensor(let type, _): .tensor(type, .unknown)
    case .sequence(let element): .sequence(element.withoutShape)
    case .optional(let element): .optional(element.withoutShape)
    default: self
    }
  }
}

extension ValueInfo {
  /// What is known of many of these stacked along a new first axis.
  var stacked: ValueInfo {
    ValueInfo(elementType, SymbolicShape(shape.dims.map { [.unknown] + $0 }))
  }
}
