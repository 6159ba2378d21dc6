import AviaryCore
import AviaryKernels

/// What sets ArgMax and ArgMin apart.
protocol Extremum: Sendable {
  static var name: String { get }
  static var isLargest: Bool { get }
}

enum ArgMax: Extremum {
  static let name = "ArgMax"
  static let isLargest = true
}

enum ArgMin: Extremum {
  static let name = "ArgMin"
  static let isLargest = false
}

/// The index (int64) of the largest or least element along `axis` (default 0): the first of equals, or with
/// `select_last_index` (opset 12) the last.
struct ArgExtremum<F: Extremum>: Operator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  let axis: Int
  let keepsDims: Bool
  let selectsLast: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
    keepsDims = try attributes.bool("keepdims", default: true)
    selectsLast = opset >= 12 ? try attributes.bool("select_last_index", default: false) : false
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, .numbers)
    guard let dims = inputs[0].shape.dims else { return [ValueInfo(.int64, .unknown)] }
    let axis = try normalizedAxis(axis, rank: dims.count)
    return [ValueInfo(.int64, SymbolicShape(reducedDims(dims, axis, one: .known(1))))]
  }

  private func reducedDims<D>(_ dims: [D], _ axis: Int, one: D) -> [D] {
    var dims = dims
    if keepsDims { dims[axis] = one } else { dims.remove(at: axis) }
    return dims
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, .numbers)
    guard let compute = x.elementType.computeType else { throw .type(x.elementType, input: 0) }
    let axis = try normalizedAxis(axis, rank: x.shape.rank)
    let y = try context.makeRow(0, .int64, reducedDims(x.shape.dims, axis, one: 1))
    let geometry = AxisGeometry(x.shape, axis: axis)
    guard geometry.length > 0 || geometry.outer == 0 || geometry.inner == 0 else {
      throw .invalid("axis \(axis) has no elements, so none is the largest or least")
    }
    let source = try context.elements(row, count: x.count, in: compute)
    argExtremum(
      ofLargest: F.isLargest, source, y.base.assumingMemoryBound(to: Int64.self), compute: compute,
      over: geometry, selectsLast: selectsLast, parallel: context.parallel)
  }
}
