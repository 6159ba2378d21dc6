import AviaryCore
import AviaryKernels

/// What sets CumSum and CumProd apart.
protocol Cumulation: Sendable {
  static var name: String { get }
  static var since: Int { get }
  static var kind: CumulativeKind { get }
}

enum CumSum: Cumulation {
  static let name = "CumSum"
  static let since = 11
  static let kind = CumulativeKind.sum
}

enum CumProd: Cumulation {
  static let name = "CumProd"
  static let since = 26
  static let kind = CumulativeKind.product
}

/// Running sums or products along an axis (the second input, a scalar): `exclusive` leaves the element itself
/// out, `reverse` begins at the far end.
struct Cumulative<F: Cumulation>: InPlaceOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { F.since...Opset.latest }
  let isExclusive: Bool
  let isReversed: Bool
  var overwritableInputs: [Int] { [0] }

  private var types: Set<ElementType> { .numbers }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isExclusive = try attributes.bool("exclusive", default: false)
    isReversed = try attributes.bool("reverse", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, types)
    _ = try checkedType(inputs, 1, [.int32, .int64])
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, types)
    guard let compute = x.elementType.computeType else { throw .type(x.elementType, input: 0) }
    let axes = try context.integers(1)
    guard axes.count == 1 else { throw .invalid("the axis must be one number, input 1 holds \(axes.count)") }
    let axis = try normalizedAxis(axes[0], rank: x.shape.rank)
    let y = try context.makeRow(0, x.elementType, x.shape.dims)
    let source = try context.elements(row, count: x.count, in: compute)
    let target = try context.target(for: y, count: x.count, in: compute)
    cumulate(
      F.kind, source, target.base, compute: compute, over: AxisGeometry(x.shape, axis: axis),
      isExclusive: isExclusive, isReversed: isReversed)
    context.finishOutput(target, y, count: x.count)
  }
}
