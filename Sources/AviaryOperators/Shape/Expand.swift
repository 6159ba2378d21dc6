import AviaryCore
import AviaryKernels

/// The input repeated along axes of extent 1 until its shape is the broadcast of its own and `shape`.
///
/// ONNX `Expand`, all versions; two-way broadcasting, so an extent of 1 in `shape` keeps the input's.
struct Expand: BindingOperator {
  static let id = OperatorID("Expand")
  static let opsets = 8...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    _ = try inputs.required(1)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    guard let target = try inputs.integerList(1) else {
      let shape = inputs.length(1).map { SymbolicShape.rank(max($0, dims.count)) } ?? .unknown
      return [ValueInfo(data.elementType, shape)]
    }
    let rank = max(dims.count, target.count)
    var result: [Extent] = []
    for axis in 0..<rank {
      let own = axis - (rank - dims.count)
      let wanted = axis - (rank - target.count)
      let extent: Extent = own < 0 ? 1 : dims[own]
      let other = wanted < 0 ? 1 : target[wanted]
      if let extent = extent.value {
        result.append(.known(try broadcast(extent, other)))
      } else {
        // An unknown extent is 1 or `other`, where that is not 1.
        result.append(other == 1 ? extent : .known(try broadcast(1, other)))
      }
    }
    return [ValueInfo(data.elementType, SymbolicShape(result))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let layout = try layout(data.shape, context.requiredIntegerList(1))
    var mover = CellMover(context, data.elementType)
    try mover.copy(data, to: 0, layout.dims, layout)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let shape = try inputs.required(0).knownShape, let target = try inputs.integerList(1) else {
      return nil
    }
    let layout = try layout(shape, target)
    guard layout.dims == outputs.at(0)?.shape.known else { return nil }
    return CopyKernel(inputs[0].elementType, [CopyKernel.Part(layout)])
  }

  private func layout(_ shape: Shape, _ target: [Int]) throws(OperatorError) -> StridedCopy {
    let rank = max(shape.rank, target.count)
    let missing = rank - shape.rank
    let own = shape.strides
    var dims: [Int] = []
    var strides: [Int] = []
    for axis in 0..<rank {
      let wanted = axis - (rank - target.count)
      let extent = axis < missing ? 1 : shape[axis - missing]
      dims.append(try broadcast(extent, wanted < 0 ? 1 : target[wanted]))
      strides.append(extent == 1 || axis < missing ? 0 : own[axis - missing])
    }
    return StridedCopy(dims: dims, source: strides, destination: denseStrides(dims))
  }

  private func broadcast(_ a: Int, _ b: Int) throws(OperatorError) -> Int {
    guard b >= 0 else { throw .invalid("the target shape holds \(b)") }
    guard a == b || a == 1 || b == 1 else { throw .invalid("extent \(a) does not broadcast to \(b)") }
    return a == 1 ? b : a
  }
}
