import AviaryCore
import CSIMD

/// Convolution in single precision: the ladder of kernels.
///
/// 1. depthwise (`ConvDepthwise`): one input channel a group, unless it feeds many filters of many taps;
/// 2. product (`ConvProduct`): packed weights times the unfolded image; pointwise convolutions are its case
/// of
///    one axis and one tap;
/// 3. the definition (`ConvReference`), for geometries whose tables would be out of proportion.
///
/// Weights are packed once (`pack`) for the kernels that will read them.
package struct ConvKernel {
  private enum Rung {
    case depthwise(ConvDepthwise)
    case product
    case reference
  }

  private let geometry: ConvGeometry
  private let kernels: TileKernels
  private let rung: Rung

  /// Most positions of the outer taps for which row segments are tabulated (`Unfolder`).
  private static let mostOuterTaps = 8192

  package init(_ geometry: ConvGeometry, kernels: TileKernels = .current) {
    self.geometry = geometry.simplified
    self.kernels = kernels
    let isWide = Self.isWide(
      groupInputs: self.geometry.groupInputs, groupOutputs: self.geometry.outputChannels / max(1, self.geometry.groups),
      taps: self.geometry.taps)
    if !isWide, let depthwise = ConvDepthwise(self.geometry) {
      rung = .depthwise(depthwise)
    } else if Self.mayUnfold(kernel: geometry.axes.map(\.kernel)) {
      rung = .product
    } else {
      rung = .reference
    }
  }

  private static func mayUnfold(kernel: [Int]) -> Bool {
    kernel.dropLast().reduce(1) { $0 * $1 } <= mostOuterTaps
  }

  /// Whether one channel feeds so many filters of so many taps that unfolding it once for all of them costs less
  /// than walking it for each: spectra of sound are made by hundreds of filters of hundreds of taps.
  private static func isWide(groupInputs: Int, groupOutputs: Int, taps: Int) -> Bool {
    groupInputs == 1 && groupOutputs >= 8 && taps >= 32
  }

  /// Whether every input will meet packed weights: then the plain ones are never read.
  ///
  /// - Parameters:
  ///   - groupInputs: input channels of a group.
  ///   - groupOutputs: its output channels.
  ///   - kernel: extents of the window; their product fits an `Int`.
  package static func alwaysPacks(groupInputs: Int, groupOutputs: Int, kernel: [Int]) -> Bool {
    mayUnfold(kernel: kernel)
      && (groupInputs != 1
        || isWide(groupInputs: groupInputs, groupOutputs: groupOutputs, taps: kernel.reduce(1, *)))
  }

  /// Name of the chosen kernel, for reports.
  package var rungName: String {
    switch rung {
    case .depthwise: "depthwise"
    case .product: geometry.taps == 1 ? "pointwise" : "product"
    case .reference: "reference"
    }
  }

  /// Floats of scratch memory for each thread.
  package var scratchSize: Int {
    switch rung {
    case .depthwise(let depthwise): depthwise.scratchSize
    case .product: ConvProduct.scratchSize(geometry, kernels: kernels)
    case .reference: 0
    }
  }

  /// Whether `run` reads packed weights; the others take them as the model has them.
  package var needsPackedWeights: Bool { if case .product = rung { true } else { false } }

  /// y = activation(conv(x, w) + bias + residual).
  ///
  /// - Parameters:
  ///   - plain: M x C/groups x kernel.
  ///   - packed: the same packed (`pack`), where `needsPackedWeights`.
  ///   - residual: with the output's shape.
  ///   - scratch: `parallel.threads` slots of `scratchSize`.
  package func run(
    x: UnsafeBufferPointer<Float>, plain: UnsafeBufferPointer<Float>?, packed: PackedRows?,
    bias: UnsafeBufferPointer<Float>?, residual: UnsafeBufferPointer<Float>?,
    y: UnsafeMutableBufferPointer<Float>, activation: Activation, scratch: WorkerScratch<Float>,
    parallel: any Parallel
  ) {
    guard !y.isEmpty, let yBase = y.baseAddress, let xBase = x.baseAddress else { return }
    let area = geometry.outputArea
    let epilogue = Epilogue(
      rowBias: bias?.baseAddress, residual: residual?.baseAddress, residualRow: area,
      activation: activation)
    switch rung {
    case .depthwise(let depthwise):
      guard let weights = plain?.baseAddress else { return }
      depthwise.run(
        x: xBase, weights: weights, y: yBase, epilogue: epilogue, scratch: scratch, parallel: parallel,
        kernels: kernels)
    case .product:
      guard let packed else { return }
      ConvProduct.run(
        geometry, x: xBase, weights: packed.base, y: yBase, epilogue: epilogue, scratch: scratch,
        parallel: parallel, kernels: kernels)
    case .reference:
      guard let plain else { return }
      ConvReference.run(geometry, x: x, weights: plain, bias: bias, y: y, parallel: parallel)
      var part = Epilogue(
        residual: epilogue.residual, residualRow: y.count, activation: activation
      ).from(row: 0, column: 0)
      kernels.table.finish(yBase, y.count, yBase, y.count, 1, y.count, &part)
    }
  }

  /// The weights as `run` wants them, packed.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package static func pack(
    _ weights: UnsafeBufferPointer<Float>, groups: Int, outputChannels: Int, depth: Int,
    kernels: TileKernels = .current
  ) throws(TensorError) -> PackedRows? {
    guard let base = weights.baseAddress else { return nil }
    return try PackedRows(
      base, matrices: groups, m: outputChannels / groups, k: depth, kernels: kernels)
  }
}
