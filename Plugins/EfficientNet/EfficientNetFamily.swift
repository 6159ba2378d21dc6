import AviaryZoo

/// EfficientNet (Tan and Le 2019), EfficientNetV2 (2021) and EfficientNet-Lite (2020).
///
/// Told from MobileNet and MnasNet by what all its units have in common: a gate with a sigmoid behind every
/// depthwise convolution, and SiLU. EfficientNet-Lite has neither; it is told by its stages' kernels and its
/// expansion, which no other network has.
struct EfficientNetFamily: ModelFamily {
  let name = "EfficientNet"
  let summary = "MBConv units with squeeze and excitation, and SiLU; in EfficientNet-Lite ReLU6 only"

  /// Units with a depthwise convolution; the smallest published has 16.
  private static let minimumUnits = 3

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.endsInScores, network.channels != nil else { return nil }
    if let parts = MobileUnitParser(network.body, style: .gated),
      parts.units.filter({ !$0.isFused }).count >= Self.minimumUnits
    {
      return match(network, parts, variant: variant(parts))
    }
    if let parts = MobileUnitParser(network.body, style: .lite), Self.isLite(parts.units) {
      return match(network, parts, variant: liteVariant(parts))
    }
    return nil
  }

  private func match(_ network: NetworkSketch, _ parts: MobileUnitParser, variant: String) -> FamilyMatch {
    FamilyMatch(
      family: name, variant: variant, stages: stages(parts, network),
      contracts: network.usualContracts(colour: [
        .imageNet("torchvision and timm train EfficientNets so")
          .resized(.shortestSideThenCenterCrop, .bicubic, size: network.centerCropSize),
        .signed("the original checkpoints and EfficientNetV2 are fed so").resized(.stretch, .bicubic),
        .raw("Keras' EfficientNet scales pixels itself").resized(.stretch),
      ]))
  }

  /// Units and width of the last convolution, by which the published ones differ.
  private static let known: [[Int]: String] = [
    [16, 1280]: "B0", [23, 1280]: "B1", [23, 1408]: "B2", [26, 1536]: "B3", [32, 1792]: "B4",
    [39, 2048]: "B5", [45, 2304]: "B6", [55, 2560]: "B7",
  ]
  private static let knownV2: [[Int]: String] = [
    [21, 1280]: "B0", [40, 1280]: "S", [57, 1280]: "M", [79, 1280]: "L",
  ]

  private func variant(_ parts: MobileUnitParser) -> String {
    let isV2 = parts.units.contains(where: \.isFused)
    let width = parts.tail.first?.convolution?.outputs ?? 0
    let suffix = (isV2 ? Self.knownV2 : Self.known)[[parts.units.count, width]]
    return isV2
      ? "EfficientNetV2" + (suffix.map { "-\($0)" } ?? " of \(parts.units.count) units")
      : "EfficientNet" + (suffix.map { "-\($0)" } ?? " of \(parts.units.count) units")
  }

  /// Kernel sides of the seven stages; MobileNetV2 has none of 5, MnasNet's come in another order.
  private static let liteKernels = [3, 3, 5, 3, 5, 5, 3]

  /// Whether the stages have the kernels of EfficientNet and every unit behind the first stage expands by 6.
  private static func isLite(_ units: [MobileUnit]) -> Bool {
    let stages = grouped(units)
    return stages.map { $0[0].kernel } == liteKernels.map { [$0, $0] }
      && stages.allSatisfy { stage in stage.allSatisfy { $0.kernel == stage[0].kernel } }
      && stages[0].allSatisfy { $0.hidden == $0.inputs }
      && stages.dropFirst().allSatisfy { $0.allSatisfy { $0.hidden == 6 * $0.inputs } }
  }

  /// Units by stage.
  private static func grouped(_ units: [MobileUnit]) -> [[MobileUnit]] {
    var stages: [[MobileUnit]] = []
    for unit in units {
      if let last = stages.last?.last, unit.isResidual, unit.outputs == last.outputs {
        stages[stages.count - 1].append(unit)
      } else {
        stages.append([unit])
      }
    }
    return stages
  }

  /// Units and width of the last one, by which the published ones differ.
  private static let knownLite: [[Int]: String] = [
    [16, 320]: "Lite0", [21, 320]: "Lite1", [21, 352]: "Lite2", [24, 384]: "Lite3", [30, 448]: "Lite4",
  ]

  private func liteVariant(_ parts: MobileUnitParser) -> String {
    let count = parts.units.count
    let suffix = Self.knownLite[[count, parts.units.last?.outputs ?? 0]]
    return "EfficientNet-" + (suffix ?? "Lite of \(count) units")
  }

  /// `stem`, `MBConv1.0`, `MBConv2.0`, `MBConv2.1`, ..., `head`: stages as in the paper's table.
  private func stages(_ parts: MobileUnitParser, _ network: NetworkSketch) -> [NetworkStage] {
    var stages = [NetworkStage(name: "stem", nodes: parts.stem.allNodes)]
    for (stage, units) in Self.grouped(parts.units).enumerated() {
      for (number, unit) in units.enumerated() {
        stages.append(
          NetworkStage(
            name: "\(unit.isFused ? "FusedMBConv" : "MBConv")\(stage + 1).\(number)", nodes: unit.nodes))
      }
    }
    return stages + [NetworkStage(name: "head", nodes: parts.tail.allNodes + network.head.allNodes)]
  }
}
