import AviaryCore
import AviaryKernels

/// Resize to the nearest pixel by whole factors, on blocked layout.
///
/// `aviary.BlockedUpsample`, made by the layout pass from Resize and Upsample: Y[n, b, i, j] =
/// X[n, b, i / factors[0], j / factors[1]], rounded down. Attribute `factors`: rows, columns.
struct BlockedUpsampleOperator: BindingOperator {
  static let id = OperatorID("BlockedUpsample", domain: OperatorID.aviaryDomain)
  static let opsets = 1...1

  private let factors: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    factors = try attributes.ints("factors").required("factors")
    guard factors.count == 2, factors.allSatisfy({ (1...(1 << 20)).contains($0) }) else {
      throw ImportError(.invalidAttribute, "attribute 'factors' is \(factors)")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.float])
    guard var dims = try inputs.required(0).shape.dims else { return [ValueInfo(type, .rank(5))] }
    guard dims.count == 5 else { throw .rank(dims.count, input: 0, needs: "5") }
    for axis in 0..<2 {
      if let extent = dims[2 + axis].value {
        dims[2 + axis] = .known(try product(extent, factors[axis]))
      } else {
        dims[2 + axis] = .unknown
      }
    }
    return [ValueInfo(type, SymbolicShape(dims))]
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let x = try inputs.required(0).shape.known else { return nil }
    guard x.count == 5, x[4] == BlockLayout.current.lanes else { throw .invalid("\(x) is not blocked") }
    if x.contains(0) { return EmptyKernel() }
    return Kernel(
      upsample: BlockedUpsample(
        planes: try product(x[0], x[1]), rows: x[2], columns: x[3], factors: (factors[0], factors[1])))
  }

  func run(_ context: RunContext) throws(OperatorError) { try runBound(context) }

  private struct Kernel: BoundKernel {
    let choice = KernelChoice("blocked nearest")
    let upsample: BlockedUpsample

    func run(_ io: KernelIO) {
      guard let x = io.input(0), let y = io.output(0) else { return }
      upsample.run(x: x, y: y, parallel: io.parallel)
    }
  }
}
