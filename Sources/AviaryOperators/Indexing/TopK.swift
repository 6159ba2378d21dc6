import AviaryCore
import AviaryKernels

/// The `k` largest (or smallest) elements along an axis with their positions, best first; of equal elements
/// the one at the lower position comes first. NaN counts as the largest.
///
/// ONNX `TopK`: `k` is an attribute in opset 1 and an input since 10; 11 adds `largest` and `sorted`. Results
/// are sorted whether asked or not.
struct TopK: Operator {
  static let id = OperatorID("TopK")
  static let opsets = 1...Opset.latest

  private let axis: Int
  private let k: Int?
  private let largest: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: -1)
    k = opset < 10 ? try attributes.int("k").required("k") : nil
    largest = opset < 11 ? true : try attributes.bool("largest", default: true)
    if opset >= 11 { attributes.ignore("sorted") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    var count = k
    if count == nil, let tensor = try inputs.required(1).tensor {
      count = try integerScalar(tensor, input: 1)
    }
    guard var dims = data.shape.dims else {
      return [ValueInfo(data.elementType, .unknown), ValueInfo(.int64, .unknown)]
    }
    let axis = try normalizedAxis(axis, rank: dims.count)
    if let count { try check(count, extent: dims[axis].value ?? .max) }
    dims[axis] = count.map { .known($0) } ?? .unknown
    let shape = SymbolicShape(dims)
    return [ValueInfo(data.elementType, shape), ValueInfo(.int64, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let axis = try normalizedAxis(axis, rank: data.shape.rank)
    let extent = data.shape[axis]
    let k: Int
    if let given = self.k { k = given } else { k = try integerScalar(context.input(1), input: 1) }
    try check(k, extent: extent)
    guard data.elementType != .bool, let keys = orderKeys(data) else {
      throw .type(data.elementType, input: 0)
    }
    var dims = data.shape.dims
    dims[axis] = k
    let outer = data.shape.product(0..<axis)
    let inner = data.shape.product((axis + 1)..<dims.count)
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    let width = mover.width
    let indices = try context.make(1, dims, as: Int64.self)
    let smallest = !largest
    keys.withUnsafeBufferPointer { keys in
      context.parallel.forEach(k > 0 ? outer * inner : 0, grain: max(1, 4096 / max(extent, 1))) { lines in
        for line in lines {
          let start = line / inner * extent * inner + line % inner
          let best = topPositions(
            keys, start: start, stride: inner, count: extent, k: k, smallest: smallest)
          var place = line / inner * k * inner + line % inner
          for position in best {
            indices[place] = Int64(position)
            (to + place * width)
              .copyMemory(from: from.address + (start + position * inner) * width, byteCount: width)
            place += inner
          }
        }
      }
    }
    try mover.finish(0, dims, to)
  }

  private func check(_ k: Int, extent: Int) throws(OperatorError) {
    guard k >= 0, k <= extent else { throw .invalid("k is \(k), the axis has extent \(extent)") }
  }
}
