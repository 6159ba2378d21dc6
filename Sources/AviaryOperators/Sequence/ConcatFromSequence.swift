import AviaryCore
import AviaryKernels

/// The tensors of a sequence one after the other along `axis`, or stacked along a new axis.
///
/// ONNX `ConcatFromSequence`, all versions.
struct ConcatFromSequence: Operator {
  static let id = OperatorID("ConcatFromSequence")
  static let opsets = 11...Opset.latest

  private let axis: Int
  private let isNewAxis: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis").required("axis")
    isNewAxis = try attributes.bool("new_axis", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    guard case .tensor(let type, _)? = try inputs.required(0).sequenceElement else { return [.unknown] }
    return [ValueInfo(type, .unknown)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let tensors = try context.tensorSequence(0)
    guard let first = tensors.first else { throw .invalid("the sequence is empty") }
    context.set(0, try concatenated(tensors, first, isNewAxis: isNewAxis, axis: axis, context))
  }
}

/// Tensors of one type one after the other along an axis, or stacked along a new one.
///
/// - Throws: `OperatorError.invalid` where types or shapes do not fit.
func concatenated(
  _ tensors: [Tensor], _ first: Tensor, isNewAxis: Bool, axis: Int, _ context: RunContext
) throws(OperatorError) -> Tensor {
  let axis = try normalizedAxis(axis, rank: first.shape.rank + (isNewAxis ? 1 : 0))
  var parts: [Value?] = []
  for tensor in tensors {
    guard isNewAxis else {
      parts.append(.tensor(tensor))
      continue
    }
    var dims = tensor.shape.dims
    guard dims == first.shape.dims else {
      throw .invalid("tensors of shapes \(first.shape) and \(tensor.shape) cannot be stacked")
    }
    dims.insert(1, at: axis)
    parts.append(.tensor(try checked { () throws(TensorError) in try tensor.reshaped(to: Shape(dims)) }))
  }
  let inner = RunContext(
    inputs: parts, outputCount: 1, limits: context.limits, parallel: context.parallel)
  try Concat(axis: axis).run(inner)
  guard let result = inner.outputs[0]?.tensor else { throw .invalid("nothing to concatenate") }
  return result
}
