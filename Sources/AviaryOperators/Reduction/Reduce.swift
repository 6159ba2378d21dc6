import AviaryCore
import AviaryKernels

/// What sets one reduction apart from another: its name, where its axes became an input, its function.
protocol Reduction: ReduceFunction {
  static var name: String { get }
  /// The opset from which the axes are an input instead of an attribute.
  static var axesInputSince: Int { get }
  static var types: Set<ElementType> { get }
  /// Where elements of a type are computed.
  static func compute(_ type: ElementType) -> ComputeType?
  /// The value of an empty reduction where it depends on the integer type.
  static func emptyValue(_ type: ElementType) -> Int64?
  init()
}

extension Reduction {
  static var axesInputSince: Int { 18 }
  static var types: Set<ElementType> { .numbers }
  static func compute(_ type: ElementType) -> ComputeType? { type.computeType }
  static func emptyValue(_ type: ElementType) -> Int64? { nil }
}

/// y = f of all elements along the reduced axes; without axes along all of them.
///
/// ONNX `Reduce*`: axes are an attribute at first, later an optional input, empty like missing;
/// `noop_with_empty_axes` then reduces over no axis instead of all (f of every element by itself). Reducing
/// nothing gives the function's neutral value.
struct Reduce<F: Reduction>: BindingOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  let axes: [Int]
  let axesAreInput: Bool
  let keepsDims: Bool
  let isNoopWithoutAxes: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axesAreInput = opset >= F.axesInputSince
    axes = axesAreInput ? [] : try attributes.ints("axes") ?? []
    keepsDims = try attributes.bool("keepdims", default: true)
    isNoopWithoutAxes = axesAreInput ? try attributes.bool("noop_with_empty_axes", default: false) : false
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, F.types)
    return [ValueInfo(type, try outputShape(inputs))]
  }

  private func outputShape(_ inputs: [ValueInfo]) throws(OperatorError) -> SymbolicShape {
    let shape = inputs[0].shape
    var axes = axes
    if axesAreInput, let given = inputs.at(1) {
      guard let known = given.integers else {
        guard keepsDims, let rank = shape.rank else { return .unknown }
        return .rank(rank)
      }
      axes = known
    }
    guard let dims = shape.dims else {
      return axes.isEmpty && !isNoopWithoutAxes && !keepsDims ? SymbolicShape([]) : .unknown
    }
    let reduced = try reducedAxes(axes, rank: dims.count)
    return SymbolicShape(reducedDims(dims, reduced, one: .known(1)))
  }

  private func reducedAxes(_ axes: [Int], rank: Int) throws(OperatorError) -> Set<Int> {
    if axes.isEmpty { return isNoopWithoutAxes ? [] : Set(0..<rank) }
    var reduced: Set<Int> = []
    for axis in axes { reduced.insert(try normalizedAxis(axis, rank: rank, name: "axis")) }
    return reduced
  }

  private func reducedDims<D>(_ dims: [D], _ reduced: Set<Int>, one: D) -> [D] {
    dims.indices.compactMap { axis in
      reduced.contains(axis) ? (keepsDims ? one : nil) : dims[axis]
    }
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, F.types)
    guard let compute = F.compute(x.elementType) else { throw .type(x.elementType, input: 0) }
    var axes = axes
    if axesAreInput, context.optionalValue(1) != nil { axes = try context.integers(1) }
    let reduced = try reducedAxes(axes, rank: x.shape.rank)
    let geometry = ReductionGeometry(x.shape, axes: reduced)
    let y = try context.makeRow(0, x.elementType, reducedDims(x.shape.dims, reduced, one: 1))
    if geometry.reducedCount == 0, compute == .int64, var value = F.emptyValue(x.elementType) {
      for i in 0..<geometry.outputCount { storeRow(.int64, &value, 1, y, i) }
      return
    }
    let source = try context.elements(row, count: x.count, in: compute)
    let target = try context.target(for: y, count: geometry.outputCount, in: compute)
    reduce(F(), source, target.base, compute: compute, over: geometry, parallel: context.parallel)
    context.finishOutput(target, y, count: geometry.outputCount)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let type = try checkedType(inputs, 0, F.types)
    guard let type, let compute = F.compute(type), compute.elementType == type,
      let shape = inputs[0].knownShape
    else { return nil }
    var axes = axes
    if axesAreInput, let given = inputs.at(1) {
      guard let known = given.integers else { return nil }
      axes = known
    }
    let geometry = ReductionGeometry(shape, axes: try reducedAxes(axes, rank: shape.rank))
    guard geometry.reducedCount > 0 else { return nil }
    return ReduceKernel(function: F(), compute: compute, geometry: geometry)
  }
}

/// y = f of all elements along the reduced axes.
private struct ReduceKernel: BoundKernel {
  let function: any ReduceFunction
  let compute: ComputeType
  let geometry: ReductionGeometry
  var choice: KernelChoice { KernelChoice("reduce", reason: geometry.description) }

  func run(_ io: KernelIO) {
    guard let x = io.inputs[0], let y = io.outputs[0] else { return }
    reduce(function, x, y, compute: compute, over: geometry, parallel: io.parallel)
  }
}
