import AviaryCore
import AviaryKernels

/// The input cut along `axis` into a sequence: parts of the lengths that a list gives, of one length (the
/// last may be shorter) that a scalar gives, or single slices, whose axis goes unless `keepdims`.
///
/// ONNX `SplitToSequence`, all versions.
struct SplitToSequence: Operator {
  static let id = OperatorID("SplitToSequence")
  static let opsets = 11...Opset.latest

  private let axis: Int
  private let keepsAxis: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
    keepsAxis = try attributes.bool("keepdims", default: true)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(.sequence(.tensor(try inputs.required(0).elementType, .unknown)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let axis = try normalizedAxis(axis, rank: data.shape.rank)
    let lengths = try lengths(context, extent: data.shape[axis])
    let dropsAxis = !keepsAxis && context.optionalValue(1) == nil
    // Each part is made as the only output of a context of its own, which brings the budget checks along.
    var parts: [Value] = []
    var start = 0
    for length in lengths {
      var dims = data.shape.dims
      dims[axis] = length
      let part = RunContext(
        inputs: [.tensor(data)], outputCount: 1, limits: context.limits, parallel: context.parallel)
      var mover = CellMover(part, data.elementType)
      try mover.copy(
        data, to: 0, dims,
        StridedCopy(
          dims: dims, source: data.shape.strides, destination: denseStrides(dims),
          sourceOffset: start * data.shape.strides[axis]))
      guard let tensor = part.outputs[0]?.tensor else { throw .invalid("a part could not be made") }
      if dropsAxis { dims.remove(at: axis) }
      parts.append(.tensor(try checked { () throws(TensorError) in try tensor.reshaped(to: Shape(dims)) }))
      start += length
    }
    context.set(0, .sequence(parts, of: .tensor(data.elementType, .unknown)))
  }

  private func lengths(_ context: RunContext, extent: Int) throws(OperatorError) -> [Int] {
    guard let split = try context.optionalInput(1) else { return [Int](repeating: 1, count: extent) }
    let given = try integerList(split, input: 1)
    if split.shape.rank == 0 {
      guard given[0] > 0 else { throw .invalid("split is \(given[0]), must be positive") }
      return stride(from: 0, to: extent, by: given[0]).map { min(given[0], extent - $0) }
    }
    var total = 0
    for length in given {
      guard length >= 0 else { throw .invalid("split \(given) holds a negative length") }
      total = try sum(total, length)
    }
    guard total == extent else {
      throw .invalid("split \(given) adds up to \(total), the axis has extent \(extent)")
    }
    return given
  }
}
