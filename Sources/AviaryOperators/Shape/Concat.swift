import AviaryCore
import AviaryKernels

/// The inputs one after the other along `axis`.
///
/// ONNX `Concat`: opset 4 makes `axis` mandatory (1 before), 11 allows it to be negative.
struct Concat: BindingOperator {
  static let id = OperatorID("Concat")
  static let opsets = 1...Opset.latest

  private let axis: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = opset < 4 ? try attributes.int("axis", default: 1) : try attributes.int("axis").required("axis")
  }

  /// For operators that concatenate among other things.
  init(axis: Int) { self.axis = axis }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = inputs.lazy.compactMap(\.elementType).first
    guard !inputs.isEmpty else { throw .missingInput(0) }
    guard let rank = inputs.lazy.compactMap(\.rank).first else { return [ValueInfo(type, .unknown)] }
    let axis = try normalizedAxis(axis, rank: rank)
    var result = [Extent](repeating: .unknown, count: rank)
    var total: Extent = 0
    for index in inputs.indices {
      let info = try inputs.required(index)
      guard let dims = info.shape.dims else {
        total = .unknown
        continue
      }
      guard dims.count == rank else { throw .rank(dims.count, input: index, needs: "\(rank)") }
      for (k, dim) in dims.enumerated() where k != axis {
        guard !result[k].contradicts(dim) else {
          throw .invalid("input \(index) has extent \(dim) at axis \(k), the others \(result[k])")
        }
        result[k] = result[k].merged(with: dim)
      }
      // A sum with something unknown is not the other part: `?` must not be swallowed by 0 later.
      total = index == 0 ? dims[axis] : total + dims[axis]
    }
    result[axis] = total
    return [ValueInfo(type, SymbolicShape(result))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let first = try context.input(0)
    let axis = try normalizedAxis(axis, rank: first.shape.rank)
    var dims = first.shape.dims
    dims[axis] = 0
    var tensors: [Tensor] = []
    for index in context.inputs.indices {
      let tensor = try context.input(index)
      var others = tensor.shape.dims
      guard others.count == dims.count else {
        throw .rank(others.count, input: index, needs: "\(dims.count)")
      }
      let extent = others[axis]
      others[axis] = dims[axis]
      guard others == dims else {
        throw .invalid("input \(index) has shape \(tensor.shape), which does not continue \(first.shape)")
      }
      dims[axis] = try sum(dims[axis], extent)
      tensors.append(tensor)
    }
    var mover = CellMover(context, first.elementType)
    let to = try mover.destination(0, dims)
    let strides = denseStrides(dims)
    var start = 0
    for tensor in tensors {
      let from = try mover.source(tensor)
      StridedCopy(
        dims: tensor.shape.dims, source: tensor.shape.strides, destination: strides,
        destinationOffset: start * strides[axis]
      ).run(from: from.address, to: to, width: mover.width, parallel: context.parallel)
      start += tensor.shape[axis]
    }
    try mover.finish(0, dims, to)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let shapes = inputs.compactMap(\.knownShape)
    guard let first = inputs.first?.elementType, inputs.allSatisfy({ $0.elementType == first }),
      shapes.count == inputs.count, let dims = outputs.at(0)?.shape.known
    else { return nil }
    let axis = try normalizedAxis(axis, rank: dims.count)
    let strides = denseStrides(dims)
    var parts: [CopyKernel.Part] = []
    var start = 0
    for (index, shape) in shapes.enumerated() {
      parts.append(
        CopyKernel.Part(
          input: index,
          StridedCopy(
            dims: shape.dims, source: shape.strides, destination: strides,
            destinationOffset: start * strides[axis])))
      start += shape[axis]
    }
    // Inference has seen that the inputs continue each other.
    guard start == dims[axis] else { return nil }
    return CopyKernel(first, parts)
  }
}
