import AviaryCore
import AviaryKernels

/// What sets the global pools apart.
protocol GlobalPoolKind: Sendable {
  static var name: String { get }
  static func kind(_ attributes: inout Attributes, opset: Int) throws(ImportError) -> GlobalPool.Kind
}

/// Y[n, c] = the pool of all positions of a channel; the spatial axes stay, with extent 1.
///
/// Spec: GlobalAveragePool, GlobalMaxPool, GlobalLpPool (whose `p` is a float in version 1).
struct GlobalPoolOperator<Kind: GlobalPoolKind>: BindingOperator {
  static var id: OperatorID { OperatorID(Kind.name) }
  static var opsets: ClosedRange<Int> { 1...Opset.latest }

  private let kind: GlobalPool.Kind

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    kind = try Kind.kind(&attributes, opset: opset)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(type, .unknown)] }
    guard dims.count >= 2 else { throw .rank(dims.count, input: 0, needs: "2 or more") }
    let ones = [Extent](repeating: .known(1), count: dims.count - 2)
    return [ValueInfo(type, SymbolicShape(Array(dims[..<2]) + ones))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let rank = x.shape.rank
    guard rank >= 2 else { throw .rank(rank, input: 0, needs: "2 or more") }
    let area = x.shape.dims[2...].contains(0) ? 0 : x.shape.product(2..<rank)
    guard area > 0 else { throw .invalid("input 0 has shape \(x.shape): there is nothing to pool") }
    let dims = Array(x.shape.dims[..<2]) + [Int](repeating: 1, count: rank - 2)
    let input = try context.address(of: x, in: compute)
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      GlobalPool.run(
        kind, input, output, isDouble: compute == .double, planes: dims[0] * dims[1], area: area,
        parallel: context.parallel)
    }
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let x = try inputs.required(0)
    guard let compute = x.elementType?.ownComputeType, compute == .float || compute == .double,
      let shape = x.knownShape, shape.rank >= 2
    else { return nil }
    let area = shape.dims[2...].contains(0) ? 0 : shape.product(2..<shape.rank)
    guard area > 0 else { throw .invalid("input 0 has shape \(shape): there is nothing to pool") }
    return GlobalPoolKernel(
      kind: kind, isDouble: compute == .double, planes: shape[0] * shape[1], area: area)
  }
}

/// The pool of all positions of each channel.
private struct GlobalPoolKernel: BoundKernel {
  let kind: GlobalPool.Kind
  let isDouble: Bool
  let planes: Int
  let area: Int
  var choice: KernelChoice { KernelChoice("global pool", reason: "\(planes) channels of \(area)") }

  func run(_ io: KernelIO) {
    guard let x = io.inputs[0], let y = io.outputs[0] else { return }
    GlobalPool.run(kind, x, y, isDouble: isDouble, planes: planes, area: area, parallel: io.parallel)
  }
}

enum GlobalAveragePool: GlobalPoolKind {
  static let name = "GlobalAveragePool"
  static func kind(_ attributes: inout Attributes, opset: Int) -> GlobalPool.Kind { .average }
}

enum GlobalMaxPool: GlobalPoolKind {
  static let name = "GlobalMaxPool"
  static func kind(_ attributes: inout Attributes, opset: Int) -> GlobalPool.Kind { .max }
}

enum GlobalLpPool: GlobalPoolKind {
  static let name = "GlobalLpPool"
  static func kind(_ attributes: inout Attributes, opset: Int) throws(ImportError) -> GlobalPool.Kind {
    .norm(try LpPool.exponent(&attributes, opset: opset))
  }
}
