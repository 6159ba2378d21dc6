import AviaryZoo

/// `x + f(x)` as in ResNet: f is two 3x3 convolutions, or 1x1, 3x3, 1x1.
struct ResidualUnit {
  enum Form {
    case basic
    case bottleneck
  }

  let form: Form
  /// Convolutions of f.
  let convolutions: [NetworkBlock.Convolution]
  let hasProjection: Bool
  let hasGate: Bool

  var outputs: Int { convolutions.last?.outputs ?? 0 }
  /// Groups of the 3x3 convolution: 1 but for ResNeXt.
  var groups: Int { convolutions.map(\.group).max() ?? 1 }
  var isStrided: Bool { convolutions.contains(where: \.isStrided) }
  /// Output channels per channel of the 3x3 convolution.
  var expansion: Double {
    guard form == .bottleneck else { return 1 }
    return Double(outputs) / Double(max(1, convolutions[1].outputs))
  }

  /// `nil` where the block is no such unit.
  init?(_ block: NetworkBlock) {
    guard let (main, shortcut) = block.residual, Self.isShortcut(shortcut) else { return nil }
    var convolutions: [NetworkBlock.Convolution] = []
    var hasGate = false
    for part in main {
      if let convolution = part.convolution {
        convolutions.append(convolution)
      } else if part.channelGate != nil {
        hasGate = true
      } else if part.pool != nil || part.kind == .activation || part.kind == .normalization {
        continue
      } else {
        return nil
      }
    }
    // ResNeXt never has one group per channel; networks of depthwise convolutions do.
    guard convolutions.allSatisfy({ !$0.isDepthwise }) else { return nil }
    switch convolutions.count {
    case 2 where convolutions.allSatisfy { $0.isSquare(3) && $0.group == 1 }:
      form = .basic
    case 3 where convolutions[0].isPointwise && convolutions[1].isSquare(3) && convolutions[2].isPointwise:
      form = .bottleneck
    default: return nil
    }
    self.convolutions = convolutions
    self.hasGate = hasGate
    hasProjection = !shortcut.weighted.isEmpty
  }

  private static func isShortcut(_ blocks: [NetworkBlock]) -> Bool {
    let weighted = blocks.weighted
    guard weighted.count <= 1 else { return false }
    return weighted.allSatisfy { $0.convolution?.isPointwise == true && $0.convolution?.group == 1 }
      && blocks.allSatisfy { $0.convolution != nil || $0.pool != nil || $0.kind == .activation }
  }
}
