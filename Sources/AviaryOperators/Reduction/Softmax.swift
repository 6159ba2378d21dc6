import AviaryCore
import AviaryKernels
import Foundation

/// What sets Softmax, LogSoftmax and Hardmax apart.
protocol AxisNormalization: Sendable {
  static var name: String { get }
  /// Computes y from x, both of the compute type of the input (`float` or `double`).
  static func run(
    _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType,
    _ geometry: AxisGeometry) throws(OperatorError)
}

/// An operator that normalises along an axis; the output has the input's shape.
///
/// Until opset 12 the input counts as a matrix: axes before `axis` (default 1) are its rows, the others
/// together its columns. From 13 on only `axis` (default -1) is normalised.
struct AxisNormalizing<F: AxisNormalization>: InPlaceOperator {
  static var id: OperatorID { OperatorID(F.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }
  let axis: Int
  let isMatrix: Bool
  var overwritableInputs: [Int] { [0] }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isMatrix = opset < 13
    axis = try attributes.int("axis", default: isMatrix ? 1 : -1)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    if let rank = inputs[0].rank { _ = try normalizedAxis(axis, rank: rank) }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, row) = try context.operand(0, .reals)
    guard let compute = x.elementType.computeType else { throw .type(x.elementType, input: 0) }
    let axis = try normalizedAxis(axis, rank: x.shape.rank)
    let y = try context.makeRow(0, x.elementType, x.shape.dims)
    guard x.count > 0 else { return }
    let geometry =
      isMatrix
      ? AxisGeometry(
        outer: x.shape.product(0..<axis), length: x.shape.product(axis..<x.shape.rank), inner: 1)
      : AxisGeometry(x.shape, axis: axis)
    let source = try context.elements(row, count: x.count, in: compute)
    let target = try context.target(for: y, count: x.count, in: compute)
    try F.run(context, source, target.base, compute, geometry)
    context.finishOutput(target, y, count: x.count)
  }
}

/// e^x / sum e^x along the axis.
enum Softmax: AxisNormalization {
  static let name = "Softmax"
  static func run(
    _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType,
    _ geometry: AxisGeometry
  ) throws(OperatorError) {
    exponential(.probability, context, x, y, compute, geometry)
  }
}

/// x - log(sum e^x) along the axis.
enum LogSoftmax: AxisNormalization {
  static let name = "LogSoftmax"
  static func run(
    _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType,
    _ geometry: AxisGeometry
  ) throws(OperatorError) {
    exponential(.logarithm, context, x, y, compute, geometry)
  }
}

private func exponential(
  _ kind: SoftmaxKind, _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer,
  _ compute: ComputeType, _ geometry: AxisGeometry
) {
  if compute == .double {
    softmax(
      kind, x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self),
      over: geometry, parallel: context.parallel)
  } else {
    softmax(
      kind, x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self),
      over: geometry, parallel: context.parallel)
  }
}

/// 1 for the first largest element along the axis, 0 for the others.
enum Hardmax: AxisNormalization {
  static let name = "Hardmax"
  static func run(
    _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType,
    _ geometry: AxisGeometry
  ) throws(OperatorError) {
    let winners = try context.scratch(geometry.outer * geometry.inner, of: Int64.self)
    guard let base = winners.baseAddress else { return }
    argExtremum(
      ofLargest: true, x, base, compute: compute, over: geometry, selectsLast: false,
      parallel: context.parallel)
    let row = MutableElementRow(y, compute.elementType)
    var one: Float = 1
    let (length, inner) = (geometry.length, geometry.inner)
    // Bits of zero are the number 0 in both compute types.
    memset(y, 0, geometry.outer * length * inner * compute.stride)
    for (i, winner) in winners.enumerated() {
      storeRow(.float, &one, 1, row, (i / inner * length + Int(winner)) * inner + i % inner)
    }
  }
}
