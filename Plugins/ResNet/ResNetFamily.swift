import AviaryZoo

/// ResNet (He et al. 2015) and its relatives: pre-activation, ResNeXt, Wide ResNet, squeeze and excitation,
/// the ResNet-9 of fast training.
///
/// Told from others by its units: no depthwise convolution (MobileNet, EfficientNet, mini-XCEPTION), no
/// concatenation (DenseNet), bottlenecks that widen at their end (RegNet's do not), or one number of groups
/// throughout (RegNet has one width of groups).
struct ResNetFamily: ModelFamily {
  let name = "ResNet"
  let summary = "residual units of two 3x3 convolutions or of 1x1, 3x3, 1x1"

  /// Convolutions outside units: three of a deep stem, or those of ResNet-9.
  private static let maximumPlainConvolutions = 4

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.endsInScores, let first = network.body.first(where: { $0.convolution != nil }),
      first.convolution?.isPointwise == false
    else { return nil }
    var units: [ResidualUnit] = []
    var plain = 0
    for block in network.body {
      if let unit = ResidualUnit(block) {
        units.append(unit)
      } else if let convolution = block.convolution, convolution.group == 1 {
        plain += 1
      } else if block.pool == nil && block.kind != .activation && block.kind != .normalization {
        return nil
      }
    }
    guard units.count >= 2, (1...Self.maximumPlainConvolutions).contains(plain), isConsistent(units) else {
      return nil
    }
    return FamilyMatch(
      family: name, variant: variant(units, plain: plain - stemConvolutions(network) + 1),
      stages: stages(network),
      contracts: network.usualContracts(colour: [
        .imageNet("torchvision and timm train ResNets so")
          .resized(.shortestSideThenCenterCrop, size: network.centerCropSize),
        .caffe("Keras' ResNet50 is fed so").resized(.stretch),
        .signed("Keras' ResNet50V2 is fed so").resized(.stretch),
      ]))
  }

  /// A deep stem begins by halving the map; ResNet-9 begins at full size, and its convolutions are layers.
  private func stemConvolutions(_ network: NetworkSketch) -> Int {
    let stem = network.body.prefix { ResidualUnit($0) == nil }.compactMap(\.convolution)
    return stem.first?.isStrided == true ? stem.count : 1
  }

  private func isConsistent(_ units: [ResidualUnit]) -> Bool {
    guard let form = units.first?.form, units.allSatisfy({ $0.form == form }) else { return false }
    guard form == .bottleneck else { return true }
    let groups = Set(units.map(\.groups))
    if groups == [1] { return units.allSatisfy { $0.expansion >= 2 } }
    return groups.count == 1 && units.allSatisfy { $0.expansion >= 1 }
  }

  private func variant(_ units: [ResidualUnit], plain: Int) -> String {
    // The count that gives the networks their names: weighted layers on the longest way, the last included. A
    // stem counts once, also where three narrow convolutions stand for a wide one.
    let depth = units.reduce(plain) { $0 + $1.convolutions.count } + 1
    guard let last = units.last else { return name }
    var variant = "ResNet-\(depth)"
    if last.groups > 1 {
      variant = "ResNeXt-\(depth), \(last.groups) groups"
    } else if last.form == .bottleneck, last.expansion < 4 {
      variant = "Wide ResNet-\(depth)"
    }
    return units.allSatisfy(\.hasGate) ? "SE-\(variant)" : variant
  }

  /// `stem`, `layer1.0`, ..., `head`, as torchvision counts: a new layer where channels or size change.
  private func stages(_ network: NetworkSketch) -> [NetworkStage] {
    var stages: [NetworkStage] = []
    var (layer, number, width) = (0, 0, 0)
    for block in network.body {
      if let unit = ResidualUnit(block) {
        if layer == 0 || (width != 0 && unit.outputs != width) || (unit.isStrided && number > 0) {
          (layer, number) = (layer + 1, 0)
        }
        width = unit.outputs
        stages.append(NetworkStage(name: "layer\(layer).\(number)", nodes: block.allNodes))
        number += 1
      } else if block.convolution != nil, layer > 0 || stages.contains(where: { $0.name == "stem" }),
        isBetweenUnits(block, network)
      {
        // ResNet-9: a convolution leads into the next layer.
        (layer, number, width) = (layer + 1, 0, 0)
        stages.append(NetworkStage(name: "layer\(layer).conv", nodes: block.nodes))
      } else if stages.isEmpty {
        stages.append(NetworkStage(name: "stem", nodes: block.nodes))
      } else {
        stages[stages.count - 1].nodes += block.nodes
      }
    }
    return stages + [NetworkStage(name: "head", nodes: network.head.allNodes)]
  }

  /// A convolution behind the stem's first that widens the map; deep stems (three narrow 3x3) stay one stage.
  private func isBetweenUnits(_ block: NetworkBlock, _ network: NetworkSketch) -> Bool {
    let firstUnit = network.body.firstIndex { ResidualUnit($0) != nil } ?? 0
    let lastUnit = network.body.lastIndex { ResidualUnit($0) != nil } ?? 0
    let position = network.body.firstIndex(of: block) ?? 0
    return position > firstUnit && position < lastUnit
  }
}
