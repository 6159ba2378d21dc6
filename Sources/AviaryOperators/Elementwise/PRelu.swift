import AviaryCore
import AviaryKernels

/// y = x for x >= 0, slope * x below. The slope is stretched to the shape of x: as ordinary (one-directional)
/// broadcasting has it from opset 7 on, before that as one value, or one a channel (axis 1).
struct PRelu: InPlaceOperator, BindingOperator {
  static let id = OperatorID("PRelu")
  static let opsets = 1...Opset.latest
  let slopesAreChannels: Bool
  var overwritableInputs: [Int] { [0] }

  private static let types = Set.reals.union([.int32, .int64, .uint32, .uint64])

  private struct Function: NumberPairFunction {
    func apply<T: ComputeElement>(_ a: T, _ b: T) -> T { a < T.zero ? a.times(b) : a }
  }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 6 { attributes.ignore("consumed_inputs") }
    slopesAreChannels = opset < 7
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1], Self.types)
    if let x = inputs[0].shape.known, let slope = inputs[1].shape.known { _ = try geometry(x, slope) }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, a) = try context.operand(0, Self.types)
    let (slope, b) = try context.operand(1, [x.elementType])
    guard let compute = x.elementType.computeType else { throw .type(x.elementType, input: 0) }
    let broadcast = try geometry(x.shape.dims, slope.shape.dims)
    let y = try context.makeRow(0, x.elementType, x.shape.dims)
    evaluateBinary(Function(), a, b, y, over: broadcast, compute: compute, parallel: context.parallel)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let x = try inputs.required(0).shape.known, let slope = try inputs.required(1).shape.known else {
      return nil
    }
    return BinaryKernel(Function(), inputs[0], inputs[1], over: try geometry(x, slope))
  }

  private func geometry(_ x: [Int], _ slope: [Int]) throws(OperatorError) -> Broadcast {
    var slope = slope
    if slopesAreChannels, slope.count == 1, slope != [1], x.count > 1 {
      slope += [Int](repeating: 1, count: x.count - 2)
    }
    guard try Broadcast.dims([x, slope]) == x else {
      throw .invalid("slope of shape \(slope) does not stretch to \(x)")
    }
    return try Broadcast([makeShape(x), makeShape(slope)])
  }
}
