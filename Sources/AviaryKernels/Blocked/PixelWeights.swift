import AviaryCore
import CSIMD

/// Weights M x C/groups x kh x kw in the order in which the pixel tile reads them.
///
/// Output channels are cut into panels of two blocks (the last of a group may have one). A panel holds for
/// each input, in the order of `PixelConv`'s steps, one row of its channels; missing channels are 0. In
/// bfloat16 it holds one row of words for each pair of inputs.
package struct PixelWeights: Sendable {
  /// How inputs follow each other.
  package enum Order: Sendable, Equatable {
    /// Blocks of channels, then taps, then the channels of a block: blocked input.
    case blocked
    /// Channels, then taps: planes.
    case planar
  }

  /// One panel of a group.
  struct Panel: Sendable {
    /// First block of output channels, counted over all groups.
    let block: Int
    let blocks: Int
    /// Words before it.
    let offset: Int
  }

  let panels: [Panel]
  let panelsPerGroup: Int
  /// Rows of a panel.
  let depth: Int
  /// Floats, or words of two bfloat16.
  let data: AlignedFloats
  let isNarrow: Bool

  /// - Parameter weights: M x C/groups x taps; with several groups, both M/groups and (for blocked input)
  ///   C/groups must be whole blocks.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ weights: UnsafePointer<Float>, outputs: Int, groupInputs: Int, taps: Int, groups: Int, order: Order,
    layout: BlockLayout = .current, parallel: any Parallel = Serial()
  ) throws(TensorError) {
    let lanes = layout.lanes
    let groupOutputs = outputs / groups
    let inputs = order == .blocked ? layout.blocks(groupInputs) * lanes : groupInputs
    let depth = inputs * taps
    var panels: [Panel] = []
    var offset = 0
    for group in 0..<groups {
      let blocks = layout.blocks(groupOutputs)
      var block = 0
      while block < blocks {
        let width = min(2, blocks - block)
        panels.append(Panel(block: group * blocks + block, blocks: width, offset: offset))
        offset += depth * width * lanes
        block += width
      }
    }
    self.depth = depth
    self.panels = panels
    isNarrow = false
    panelsPerGroup = panels.count / groups
    let blocksPerGroup = layout.blocks(groupOutputs)
    data = try AlignedFloats(uninitialized: offset) { base in
      let memory = UncheckedSendablePointer(base)
      parallel.forEach(panels.count, grain: max(1, 8192 / max(1, depth))) { range in
        for panel in panels[range] {
          let width = panel.blocks * lanes
          let (group, block) = panel.block.quotientAndRemainder(dividingBy: blocksPerGroup)
          let first = block * lanes
          let valid = min(width, groupOutputs - first)
          let step = groupInputs * taps
          let source = weights + (group * groupOutputs + first) * step
          var target = memory.pointer + panel.offset
          // Inputs that go side by side: all taps of a channel, or one tap of a block of channels.
          for start in stride(from: 0, to: inputs, by: order == .planar ? 1 : lanes) {
            let end = order == .planar ? start + 1 : start + lanes
            for tap in 0..<taps {
              for input in start..<end {
                if input < groupInputs {
                  let from = source + (input * taps + tap)
                  for channel in 0..<valid { target[channel] = from[channel * step] }
                  for channel in valid..<width { target[channel] = 0 }
                } else {
                  target.update(repeating: 0, count: width)
                }
                target += width
              }
            }
          }
        }
      }
    }
  }

  /// Weights for blocked input rounded to bfloat16, pairs of neighbouring inputs in one word.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    narrowing plain: PixelWeights, lanes: Int = BlockLayout.current.lanes, kernels: Bf16Kernels = .current
  ) throws(TensorError) {
    // Blocks have an even number of inputs, so all of these are whole.
    depth = plain.depth / 2
    panelsPerGroup = plain.panelsPerGroup
    panels = plain.panels.map { Panel(block: $0.block, blocks: $0.blocks, offset: $0.offset / 2) }
    isNarrow = true
    let (panels, depth) = (panels, depth)
    data = try AlignedFloats(uninitialized: plain.data.count / 2) { base in
      for (panel, source) in zip(panels, plain.panels) {
        let width = panel.blocks * lanes
        for row in 0..<depth {
          let from = plain.data.base + (source.offset + 2 * row * width)
          kernels.table.narrow_pairs(base + (panel.offset + row * width), from, from + width, width)
        }
      }
    }
  }
}
