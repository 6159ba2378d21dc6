import AviaryCore
import AviaryKernels

/// What the pools over windows share: `kernel_shape`, the window attributes, the output's shape.
struct PoolWindow: Sendable {
  let kernel: [Int]
  let window: WindowAttributes

  init(attributes: inout Attributes) throws(ImportError) {
    kernel = try attributes.ints("kernel_shape").required("kernel_shape")
    var window = try WindowAttributes(attributes: &attributes)
    window.ceilMode = try attributes.bool("ceil_mode", default: false)
    self.window = window
  }

  func infer(_ input: SymbolicShape) throws(OperatorError) -> SymbolicShape {
    guard let dims = input.dims else { return .rank(kernel.count + 2) }
    try check(rank: dims.count)
    let spatial = try window.outputs(input: Array(dims[2...]), kernel: kernel)
    return SymbolicShape([dims[0], dims[1]] + spatial)
  }

  /// The axes of the window and the output's shape.
  func geometry(_ input: [Int]) throws(OperatorError) -> (axes: [WindowAxis], output: [Int]) {
    try check(rank: input.count)
    let axes = try window.axes(input: Array(input[2...]), kernel: kernel)
    return (axes, [input[0], input[1]] + axes.map(\.output))
  }

  private func check(rank: Int) throws(OperatorError) {
    guard rank >= 3, rank == kernel.count + 2 else {
      throw .rank(rank, input: 0, needs: "\(max(3, kernel.count + 2)) (kernel_shape \(kernel))")
    }
  }
}
