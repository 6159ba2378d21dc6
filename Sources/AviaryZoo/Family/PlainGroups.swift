/// Convolutions in one line, grouped by the pools between them: what CNN and VGG look at.
public struct PlainGroups: Sendable {
  public let groups: [[NetworkBlock.Convolution]]
  private let pools: [NetworkBlock.Pool]

  /// Convolutions of each group.
  public var counts: [Int] { groups.map(\.count) }

  /// - Parameter body: blocks without branches.
  /// - Returns: `nil` where something else than convolutions, pools and activations is among them.
  public init?(_ body: [NetworkBlock]) {
    var groups: [[NetworkBlock.Convolution]] = [[]]
    var pools: [NetworkBlock.Pool] = []
    for block in body {
      if let convolution = block.convolution {
        groups[groups.count - 1].append(convolution)
      } else if let pool = block.pool {
        pools.append(pool)
        groups.append([])
      } else if block.kind != .activation && block.kind != .normalization {
        return nil
      }
    }
    self.groups = groups.filter { !$0.isEmpty }
    self.pools = pools
  }

  /// At least eight 3x3 convolutions in at least four groups, all of them of stride 1; within a group one
  /// width, from group to group the same or twice; 2x2 pools.
  public var isVGG: Bool {
    let all = groups.flatMap { $0 }
    guard groups.count >= 4, all.count >= 8,
      all.allSatisfy({ $0.isSquare(3) && $0.group == 1 && !$0.isStrided }),
      pools.allSatisfy({ $0.kernel == [2, 2] && $0.strides == [2, 2] }),
      groups.allSatisfy({ group in group.allSatisfy { $0.outputs == group.first?.outputs } })
    else { return false }
    let widths = groups.compactMap { $0.first?.outputs }
    return zip(widths, widths.dropFirst()).allSatisfy { $1 == $0 || $1 == 2 * $0 }
  }

  /// `block1.conv1`, ..., `dense1`, ...: the names that Keras made usual.
  public static func stages(_ network: NetworkSketch) -> [NetworkStage] {
    var stages: [NetworkStage] = []
    var (group, number, dense) = (1, 0, 0)
    for block in network.blocks ?? [] {
      if block.convolution != nil {
        number += 1
        stages.append(NetworkStage(name: "block\(group).conv\(number)", nodes: block.nodes))
      } else if block.dense != nil {
        dense += 1
        stages.append(NetworkStage(name: "dense\(dense)", nodes: block.nodes))
      } else if stages.isEmpty {
        stages.append(NetworkStage(name: "input", nodes: block.nodes))
      } else {
        stages[stages.count - 1].nodes += block.nodes
      }
      if block.pool != nil, number > 0 { (group, number) = (group + 1, 0) }
    }
    return stages
  }
}
