import AviaryZoo

/// EfficientNet (Tan and Le 2019) and EfficientNetV2 (2021).
///
/// Told from MobileNet and MnasNet by what all its units have in common: a gate with a sigmoid behind every
/// depthwise convolution, and SiLU.
struct EfficientNetFamily: ModelFamily {
  let name = "EfficientNet"
  let summary = "MBConv units with squeeze and excitation, and SiLU"

  /// Units with a depthwise convolution; the smallest published has 16.
  private static let minimumUnits = 3

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.endsInScores, network.channels != nil, let parts = MobileUnitParser(network.body),
      parts.units.filter({ !$0.isFused }).count >= Self.minimumUnits
    else { return nil }
    return FamilyMatch(
      family: name, variant: variant(parts), stages: stages(parts, network),
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

  /// `stem`, `MBConv1.0`, `MBConv2.0`, `MBConv2.1`, ..., `head`: stages as in the paper's table.
  private func stages(_ parts: MobileUnitParser, _ network: NetworkSketch) -> [NetworkStage] {
    var stages = [NetworkStage(name: "stem", nodes: parts.stem.allNodes)]
    var (stage, number, width) = (0, 0, 0)
    for unit in parts.units {
      if !unit.isResidual || unit.outputs != width || stage == 0 { (stage, number) = (stage + 1, 0) }
      width = unit.outputs
      stages.append(
        NetworkStage(
          name: "\(unit.isFused ? "FusedMBConv" : "MBConv")\(stage).\(number)", nodes: unit.nodes))
      number += 1
    }
    return stages + [NetworkStage(name: "head", nodes: parts.tail.allNodes + network.head.allNodes)]
  }
}
