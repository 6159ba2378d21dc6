import AviaryZoo

/// A unit of EfficientNet: MBConv (expand by 1x1, depthwise, gate, project by 1x1; the first ones do not
/// expand) or, in EfficientNetV2, Fused-MBConv (expand by 3x3, project by 1x1).
struct MobileUnit {
  let isFused: Bool
  let isResidual: Bool
  let isStrided: Bool
  let outputs: Int
  let nodes: [Int]
}

/// Cuts a network into a stem, units and a last convolution.
struct MobileUnitParser {
  private(set) var stem: [NetworkBlock] = []
  private(set) var units: [MobileUnit] = []
  /// The last convolution and what follows it.
  private(set) var tail: [NetworkBlock] = []

  /// - Returns: `nil` where anything else is among the blocks.
  init?(_ body: [NetworkBlock]) {
    guard let first = body.firstIndex(where: { $0.convolution != nil }),
      let stemConvolution = body[first].convolution, !stemConvolution.isPointwise, stemConvolution.group == 1,
      body[first].isSmooth
    else { return nil }
    stem = Array(body[...first])
    var position = first + 1
    while position < body.count {
      if let (main, shortcut) = body[position].residual {
        guard shortcut.isEmpty, let unit = Self.unit(main, isResidual: true), unit.end == main.count else {
          return nil
        }
        let block = body[position]
        units.append(unit.unit(nodes: block.allNodes))
        position += 1
      } else if let unit = Self.unit(Array(body[position...]), isResidual: false) {
        units.append(unit.unit(nodes: Array(body[position..<position + unit.end]).allNodes))
        position += unit.end
      } else {
        break
      }
    }
    tail = Array(body[position...])
    guard tail.count == 1, let last = tail.first?.convolution, last.isPointwise, last.group == 1,
      tail[0].isSmooth
    else { return nil }
  }

  private struct Match {
    let isFused: Bool
    let isResidual: Bool
    let isStrided: Bool
    let outputs: Int
    /// Blocks that it takes.
    let end: Int

    func unit(nodes: [Int]) -> MobileUnit {
      MobileUnit(
        isFused: isFused, isResidual: isResidual, isStrided: isStrided, outputs: outputs, nodes: nodes)
    }
  }

  /// The unit at the beginning of the blocks.
  private static func unit(_ blocks: [NetworkBlock], isResidual: Bool) -> Match? {
    var position = 0
    func convolution() -> NetworkBlock.Convolution? {
      blocks.indices.contains(position) ? blocks[position].convolution : nil
    }
    guard let first = convolution() else { return nil }
    var isStrided = first.isStrided
    if !first.isDepthwise, !first.isPointwise {
      // Fused; without expansion it is a single convolution.
      guard first.group == 1, blocks[0].isSmooth else { return nil }
      position = 1
      var outputs = first.outputs
      if let project = convolution(), project.isPointwise, !blocks[1].isSmooth, project.group == 1 {
        outputs = project.outputs
        position = 2
      }
      return Match(
        isFused: true, isResidual: isResidual, isStrided: isStrided, outputs: outputs, end: position)
    }
    if first.isPointwise && !first.isDepthwise {
      guard blocks[0].isSmooth, first.outputs >= first.inputs else { return nil }
      position = 1
    }
    guard let depthwise = convolution(), depthwise.isDepthwise, blocks[position].isSmooth else { return nil }
    isStrided = isStrided || depthwise.isStrided
    position += 1
    guard blocks.indices.contains(position), let gate = blocks[position].channelGate,
      gate.last?.activations == ["Sigmoid"]
    else { return nil }
    position += 1
    guard let project = convolution(), project.isPointwise, project.group == 1,
      blocks[position].activations.isEmpty
    else { return nil }
    return Match(
      isFused: false, isResidual: isResidual, isStrided: isStrided, outputs: project.outputs,
      end: position + 1)
  }
}

extension NetworkBlock {
  /// Whether SiLU follows, as everywhere in EfficientNet but after projections.
  fileprivate var isSmooth: Bool { ["SiLU", "Swish"].contains(activations.last ?? "") }
}
