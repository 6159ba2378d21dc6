import AviaryCore
import AviaryKernels

/// The input cropped or padded with zeros, evenly at both ends, to the extents that `shape` gives for `axes`.
/// Of an odd difference the smaller half is taken or added at the start.
///
/// ONNX `CenterCropPad`, all versions.
struct CenterCropPad: Operator {
  static let id = OperatorID("CenterCropPad")
  static let opsets = 18...Opset.latest

  private let axes: [Int]?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) { axes = try attributes.ints("axes") }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    _ = try inputs.required(1)
    guard var dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    let axes = try normalizedAxes(axes ?? Array(dims.indices), rank: dims.count)
    let target = try inputs.integerList(1)
    if let target { try check(target, axes) }
    for (k, axis) in axes.enumerated() { dims[axis] = target.map { .known($0[k]) } ?? .unknown }
    return [ValueInfo(data.elementType, SymbolicShape(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let axes = try normalizedAxes(axes ?? Array(0..<data.shape.rank), rank: data.shape.rank)
    let target = try context.requiredIntegerList(1)
    try check(target, axes)
    var dims = data.shape.dims
    for (k, axis) in axes.enumerated() { dims[axis] = target[k] }

    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let zero = try mover.zero()
    let to = try mover.destination(0, dims)
    let strides = denseStrides(dims)
    var layout = StridedCopy(dims: [], source: data.shape.strides, destination: strides)
    for axis in dims.indices {
      let (old, new) = (data.shape[axis], dims[axis])
      layout.dims.append(min(old, new))
      layout.sourceOffset += max(0, (old - new) / 2) * data.shape.strides[axis]
      layout.destinationOffset += max(0, (new - old) / 2) * strides[axis]
    }
    if layout.dims != dims {
      fillCells(to, count: dims.reduce(1, *), with: zero.address, width: mover.width)
    }
    layout.run(from: from.address, to: to, width: mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }

  private func check(_ target: [Int], _ axes: [Int]) throws(OperatorError) {
    guard target.count == axes.count, target.allSatisfy({ $0 >= 0 }) else {
      throw .invalid("shape \(target) does not fit \(axes.count) axes")
    }
  }
}
