import AviaryZoo

/// VGG (Simonyan and Zisserman 2014): groups of 3x3 convolutions of one width, pools between them, widths
/// that double. At any input size, with BatchNorm or without, with any head.
struct VGGFamily: ModelFamily {
  let name = "VGG"
  let summary = "groups of 3x3 convolutions between 2x2 pools"

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.endsInScores, network.channels != nil,
      network.blocks?.contains(where: { $0.merge != nil }) == false,
      let groups = PlainGroups(network.body), groups.isVGG
    else { return nil }
    // VGG-11 has 8 convolutions and 3 dense layers; heads are replaced, so the convolutions count.
    let known = [
      [1, 1, 2, 2, 2]: "VGG-11", [2, 2, 2, 2, 2]: "VGG-13", [2, 2, 3, 3, 3]: "VGG-16",
      [2, 2, 4, 4, 4]: "VGG-19",
    ]
    let counts = groups.counts
    return FamilyMatch(
      family: name, variant: known[counts] ?? "VGG of \(counts.reduce(0, +)) convolutions",
      stages: PlainGroups.stages(network),
      contracts: network.usualContracts(colour: [
        .imageNet("torchvision trains VGGs so")
          .resized(.shortestSideThenCenterCrop, size: network.centerCropSize),
        .caffe("Keras' VGG16 and the original are fed so").resized(.stretch),
      ]))
  }
}
