import AviaryCore

/// Which kernel of the blocked ladder computes a convolution.
package enum ConvAlgorithm: Sendable, Equatable {
  /// One channel a group.
  case depthwise
  /// Winograd's F(m x m, 3 x 3).
  case winograd(tile: Int)
  /// The pixel tile with any window; pointwise where that is 1 x 1.
  case direct
  /// The pixel tile on planes: the first layer.
  case planar

  package var name: String {
    switch self {
    case .depthwise: "depthwise"
    case .winograd(let tile): "winograd F(\(tile)x\(tile), 3x3)"
    case .direct: "direct"
    case .planar: "first layer"
    }
  }
}

/// The choice between direct convolution and Winograd's tiles, by a model of what each costs. Never by timing:
/// the same model on the same kind of processor always runs the same kernels.
///
/// Costs are in cycles of one core. A core does `2 * lanes` multiply-adds a cycle; the pixel tile reaches 0.9
/// of that on long sums and 0.8 on the shorter ones of Winograd's points; transforms cost cycles a tile and
/// block; weights are read from memory once a run. A run is taken to have two images whatever it has, so
/// that an image gives the same numbers alone and in a batch. The constants are measurements of an AVX2
/// core with 2 x 256-bit multiply-add units.
package struct ConvChoice: Sendable {
  package let algorithm: ConvAlgorithm
  package let reason: String

  /// Bytes that arrive from memory in one cycle.
  private static let memoryBytes = 4.5
  private static let nominalBatch = 2
  /// Cycles to transform one tile of one block of inputs, and of sums, with m = 2 and 4.
  private static let inputCycles = [2: 45.0, 4: 130.0]
  private static let outputCycles = [2: 42.0, 4: 190.0]

  /// - Parameter isPlanar: whether the input is N x C x H x W (a first layer).
  package init(_ conv: PlaneConv, isPlanar: Bool, allowsWinograd: Bool = true, layout: BlockLayout = .current) {
    if isPlanar {
      algorithm = .planar
      reason = "the input has \(conv.inputChannels) channels in planes"
      return
    }
    if conv.isDepthwise {
      algorithm = .depthwise
      reason = ""
      return
    }
    if let obstacle = Self.obstacle(conv), conv.taps > 0 {
      algorithm = .direct
      reason = conv.isPointwise ? "" : "no Winograd: \(obstacle)"
      return
    }
    guard allowsWinograd else {
      algorithm = .direct
      reason = "no Winograd: the precision does not allow it"
      return
    }
    let direct = Self.directCycles(conv, layout)
    let four = Self.winogradCycles(conv, tile: 4, layout)
    let two = Self.winogradCycles(conv, tile: 2, layout)
    let best = min(direct, four, two)
    algorithm = best == direct ? .direct : .winograd(tile: best == four ? 4 : 2)
    func thousands(_ cycles: Double) -> String { "\(Int((cycles / 1000).rounded()))k" }
    reason =
      "estimated cycles: direct \(thousands(direct)), F(2x2) \(thousands(two)), F(4x4) \(thousands(four))"
  }

  private static func obstacle(_ conv: PlaneConv) -> String? {
    if conv.rows.kernel != 3 || conv.columns.kernel != 3 {
      return "the window is \(conv.rows.kernel)x\(conv.columns.kernel)"
    }
    if conv.rows.stride != 1 || conv.columns.stride != 1 { return "stride above 1" }
    if conv.rows.dilation != 1 || conv.columns.dilation != 1 { return "dilation above 1" }
    if conv.groups != 1 { return "\(conv.groups) groups" }
    return nil
  }

  private static func directCycles(_ conv: PlaneConv, _ layout: BlockLayout) -> Double {
    let inputs = Double(layout.blocks(conv.inputChannels) * layout.lanes)
    let outputs = Double(layout.blocks(conv.outputChannels) * layout.lanes)
    let weights = 9 * inputs * outputs
    let work = Double(nominalBatch * conv.outputArea) * weights
    return max(work / (2 * Double(layout.lanes) * 0.9), Double(nominalBatch) * weights * 4 / memoryBytes)
  }

  private static func winogradCycles(_ conv: PlaneConv, tile: Int, _ layout: BlockLayout) -> Double {
    let inputBlocks = Double(layout.blocks(conv.inputChannels))
    let outputBlocks = Double(layout.blocks(conv.outputChannels))
    let tiles =
      Double(nominalBatch * ((conv.rows.output + tile - 1) / tile) * ((conv.columns.output + tile - 1) / tile))
    let points = Double((tile + 2) * (tile + 2))
    let lanes = Double(layout.lanes)
    let weights = points * inputBlocks * outputBlocks * lanes * lanes
    let transforms =
      tiles * (inputBlocks * (inputCycles[tile] ?? 0) + outputBlocks * (outputCycles[tile] ?? 0))
    return tiles * weights / (2 * lanes * 0.8) + transforms + weights * 4 / memoryBytes
  }
}
