import AviaryCore
import AviaryKernels
import Foundation

/// What sets Softmax, LogSoftmax and Hardmax apart.
protocol AxisNormalization: Sendable {
  static var name: String { get }
  /// Which softmax it is, if any.
  static var kind: SoftmaxKind? { get }
  /// Computes y from x, both of the compute type of the input (`float` or `double`).
  static func run(
    _ context: RunContext, _ x: UnsafeRawPointer, _ y: UnsafeMutableRawPointer, _ compute: ComputeType,
    _ geometry: AxisGeometry) throws(OperatorError)
}

/// An operator that normalises along an axis; the output has the input's shape.
///
/// Until opset 12 the input counts as a matrix: axes before `axis` (default 1) are its rows, the others
/// together its columns. From 13 on only `axis` (default -1) is normalised.
struct AxisNormalizing<F: AxisNormalization>: InPlaceOperator, BindingOperator {
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
    let geometry = geometry(x.shape, axis)
    let source = try context.elements(row, count: x.count, in: compute)
    let target = try context.target(for: y, count: x.count, in: compute)
    if x.elementType == .float16, F.kind == .probability {
      softmaxHalf(
        source.assumingMemoryBound(to: Float.self), target.base.assumingMemoryBound(to: Float.self), over: geometry,
        parallel: context.parallel)
    } else {
      try F.run(context, source, target.base, compute, geometry)
    }
    context.finishOutput(target, y, count: x.count)
  }

  /// - Parameter axis: normalised.
  private func geometry(_ shape: Shape, _ axis: Int) -> AxisGeometry {
    isMatrix
      ? AxisGeometry(outer: shape.product(0..<axis), length: shape.product(axis..<shape.rank), inner: 1)
      : AxisGeometry(shape, axis: axis)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let info = try inputs.required(0)
    guard let kind = F.kind, info.elementType == .float, let dims = info.shape.known else { return nil }
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    let kernel = SoftmaxKernel(kind, geometry(shape, try normalizedAxis(axis, rank: dims.count)))
    let bytes = try product(kernel.scratchSize, max(1, context.threads) * MemoryLayout<Float>.stride)
    return BoundSoftmax(kernel: kernel, name: F.name, scratchBytes: bytes)
  }
}

private struct BoundSoftmax: BoundKernel {
  let kernel: SoftmaxKernel
  let name: String
  let scratchBytes: Int
  var choice: KernelChoice { KernelChoice(name) }
  func run(_ io: KernelIO) {
    guard let x = io.input(0), let y = io.output(0) else { return }
    kernel.run(x, y, scratch: io.floatScratch, parallel: io.parallel)
  }
}

/// e^x / sum e^x along the axis.
enum Softmax: AxisNormalization {
  static let name = "Softmax"
  static let kind: SoftmaxKind? = .probability
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
  static let kind: SoftmaxKind? = .logarithm
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
  static let kind: SoftmaxKind? = nil
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
