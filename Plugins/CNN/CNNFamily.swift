import AviaryZoo

/// A plain convolutional network: convolutions, pools and dense layers in one line.
///
/// No way parts (that excludes ResNet, DenseNet, Inception, SqueezeNet), no convolution is depthwise
/// (MobileNet), there is one answer for the whole picture (MTCNN has several), and it is no VGG.
struct CNNFamily: ModelFamily {
  let name = "CNN"
  let summary = "convolutions, pools and dense layers in one line"

  /// LeNet has two.
  private static let minimumConvolutions = 2

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.endsInScores, let blocks = network.blocks, network.channels != nil else { return nil }
    let isPlain = blocks.allSatisfy { $0.merge == nil && !$0.isOther }
    let convolutions = blocks.compactMap(\.convolution)
    // AlexNet was cut into two groups for want of memory.
    guard isPlain, convolutions.count >= Self.minimumConvolutions,
      convolutions.allSatisfy({ $0.group <= 2 && !$0.isDepthwise && $0.kernel.count == 2 }),
      !convolutions.allSatisfy(\.isPointwise), PlainGroups(network.body)?.isVGG != true
    else { return nil }
    return FamilyMatch(
      family: name, variant: "CNN of \(convolutions.count) convolutions",
      stages: PlainGroups.stages(network),
      contracts: network.usualContracts(colour: [
        .unit("usual for networks trained from scratch").resized(.stretch),
        .imageNet("usual in PyTorch").resized(.stretch), .signed("usual in Keras").resized(.stretch),
      ]))
  }
}

extension NetworkBlock {
  fileprivate var isOther: Bool { if case .other = kind { true } else { false } }
}
