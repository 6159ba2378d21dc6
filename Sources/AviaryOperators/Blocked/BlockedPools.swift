import AviaryCore
import AviaryKernels

/// What sets the blocked pools apart.
protocol BlockedPoolKind: Sendable {
  static var name: String { get }
  static func kind(_ attributes: inout Attributes) throws(ImportError) -> BlockedPool.Kind
}

/// MaxPool (without Indices) and AveragePool on blocked layout: N x C/c x H x W x c.
///
/// `aviary.BlockedMaxPool`, `aviary.BlockedAveragePool`, made by the layout pass, which makes sure that every
/// window has an element inside the image. The attributes are those of the standard operators.
struct BlockedPoolOperator<Kind: BlockedPoolKind>: BindingOperator {
  static var id: OperatorID { OperatorID(Kind.name, domain: OperatorID.aviaryDomain) }
  static var opsets: ClosedRange<Int> { 1...1 }

  private let pool: PoolWindow
  private let kind: BlockedPool.Kind

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pool = try PoolWindow(attributes: &attributes)
    attributes.ignore("storage_order")
    kind = try Kind.kind(&attributes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.float])
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(type, .rank(5))] }
    guard dims.count == 5 else { throw .rank(dims.count, input: 0, needs: "5") }
    guard let plain = try pool.infer(SymbolicShape(Array(dims[..<4]))).dims else {
      return [ValueInfo(type, .rank(5))]
    }
    return [ValueInfo(type, SymbolicShape(plain + [dims[4]]))]
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let x = try inputs.required(0).shape.known else { return nil }
    guard x.count == 5, x[4] == BlockLayout.current.lanes else { throw .invalid("\(x) is not blocked") }
    if x.contains(0) { return EmptyKernel() }
    let (axes, _) = try pool.geometry(Array(x[..<4]))
    guard axes.count == 2 else { throw .rank(axes.count + 2, input: 0, needs: "4") }
    let planes = try product(x[0], x[1])
    let kernel = try checked { () throws(TensorError) in
      try BlockedPool(kind, planes: planes, rows: axes[0], columns: axes[1])
    }
    guard let kernel else { throw .unsupported("a window lies wholly in the padding") }
    return Kernel(pool: kernel)
  }

  func run(_ context: RunContext) throws(OperatorError) { try runBound(context) }

  private struct Kernel: BoundKernel {
    let choice = KernelChoice("blocked pool")
    let pool: BlockedPool

    func run(_ io: KernelIO) {
      guard let x = io.input(0), let y = io.output(0) else { return }
      pool.run(x: x, y: y, parallel: io.parallel)
    }
  }
}

enum BlockedMaxPool: BlockedPoolKind {
  static let name = "BlockedMaxPool"
  static func kind(_ attributes: inout Attributes) -> BlockedPool.Kind { .max }
}

enum BlockedAveragePool: BlockedPoolKind {
  static let name = "BlockedAveragePool"
  static func kind(_ attributes: inout Attributes) throws(ImportError) -> BlockedPool.Kind {
    .average(includePadding: try attributes.bool("count_include_pad", default: false))
  }
}
