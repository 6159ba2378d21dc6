import AviaryZoo

/// Vision Transformer (Dosovitskiy et al. 2020), DeiT: patches, then encoder layers of one width, each
/// attention over all patches and two dense layers.
///
/// Swin is none: its attention sees windows that are rolled, its width grows. MobileViT and the like have
/// convolutions among their layers, MLP-Mixer has no attention.
struct ViTFamily: ModelFamily {
  let name = "ViT"
  let summary = "encoder layers of attention over patches"

  private static let minimumLayers = 2
  /// Patches are cut by one convolution; some put a few in its place.
  private static let maximumConvolutions = 6

  func match(_ network: NetworkSketch) -> FamilyMatch? {
    guard network.channels != nil, let blocks = network.blocks,
      let first = blocks.firstIndex(where: { EncoderUnit($0) != nil }),
      let last = blocks.lastIndex(where: { EncoderUnit($0) != nil })
    else { return nil }
    let units = blocks[first...last].compactMap { EncoderUnit($0) }
    let between = blocks[first...last].filter { EncoderUnit($0) == nil }
    let embedding = Array(blocks[..<first])
    let head = Array(blocks[(last + 1)...])
    guard units.count >= 2 * Self.minimumLayers, units.count.isMultiple(of: 2),
      units.enumerated().allSatisfy({ $1.isAttention == $0.isMultiple(of: 2) }),
      Set(units.map(\.width)).count == 1, between.allSatisfy({ $0.kind == .normalization }),
      isEmbedding(embedding), isHead(head)
    else { return nil }
    return FamilyMatch(
      family: name, variant: variant(units, embedding), stages: stages(blocks, first...last),
      contracts: network.usualContracts(colour: [
        .signed("Google's checkpoints, Hugging Face's and most of timm's are fed so")
          .resized(.stretch, .bilinear),
        .imageNet("torchvision and DeiT train ViTs so")
          .resized(.shortestSideThenCenterCrop, size: network.centerCropSize),
      ]))
  }

  private func isEmbedding(_ blocks: [NetworkBlock]) -> Bool {
    let convolutions = blocks.compactMap(\.convolution)
    let dense = blocks.compactMap(\.dense)
    return blocks.allSatisfy { $0.merge == nil } && convolutions.count + dense.count >= 1
      && convolutions.count <= Self.maximumConvolutions && convolutions.allSatisfy { $0.group == 1 }
  }

  private func isHead(_ blocks: [NetworkBlock]) -> Bool {
    blocks.contains { $0.dense != nil } && blocks.allSatisfy { $0.merge == nil && $0.convolution == nil }
  }

  private func variant(_ units: [EncoderUnit], _ embedding: [NetworkBlock]) -> String {
    let (layers, width) = (units.count / 2, units.first?.width ?? 0)
    let sizes = [[12, 192]: "Ti", [12, 384]: "S", [12, 768]: "B", [24, 1024]: "L", [32, 1280]: "H"]
    let convolutions = embedding.compactMap(\.convolution)
    let patch = convolutions.count == 1 ? convolutions.first?.kernel.first : nil
    guard let size = sizes[[layers, width]] else {
      return "ViT of \(layers) layers, width \(width)" + (patch.map { ", patches of \($0)" } ?? "")
    }
    return "ViT-\(size)" + (patch.map { "/\($0)" } ?? "")
  }

  /// `embedding`, `encoder.0.attention`, `encoder.0.mlp`, ..., `head`.
  private func stages(_ blocks: [NetworkBlock], _ encoder: ClosedRange<Int>) -> [NetworkStage] {
    var stages = [NetworkStage(name: "embedding", nodes: Array(blocks[..<encoder.lowerBound]).allNodes)]
    var layer = -1
    for block in blocks[encoder] {
      guard let unit = EncoderUnit(block) else {
        stages[stages.count - 1].nodes += block.nodes
        continue
      }
      if unit.isAttention { layer += 1 }
      stages.append(
        NetworkStage(
          name: "encoder.\(layer).\(unit.isAttention ? "attention" : "mlp")", nodes: block.allNodes))
    }
    return stages + [NetworkStage(name: "head", nodes: Array(blocks[(encoder.upperBound + 1)...]).allNodes)]
  }
}
