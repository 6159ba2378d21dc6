import AviaryZoo

/// A unit of EfficientNet: MBConv (expand by 1x1, depthwise, gate, project by 1x1; the first ones do not
/// expand) or, in EfficientNetV2, Fused-MBConv (expand by 3x3, project by 1x1).
struct MobileUnit {
  let isFused: Bool
  let isResidual: Bool
  /// Side of the depthwise (fused: the first) convolution's kernel.
  let kernel: [Int]
  let inputs: Int
  let hidden: Int
  let outputs: Int
  var nodes: [Int] = []
}

/// Cuts a network into a stem, units and a last convolution.
struct MobileUnitParser {
  /// What stands behind a unit's convolutions.
  enum Style {
    /// SiLU, and a gate behind the depthwise convolution.
    case gated
    /// EfficientNet-Lite: ReLU6, no gate.
    case lite

    func isActivated(_ block: NetworkBlock) -> Bool {
      let names = self == .gated ? ["SiLU", "Swish"] : ["Clip"]
      return names.contains(block.activations.last ?? "")
    }
  }

  private(set) var stem: [NetworkBlock] = []
  private(set) var units: [MobileUnit] = []
  /// The last convolution and what follows it.
  private(set) var tail: [NetworkBlock] = []

  /// - Returns: `nil` where anything else is among the blocks.
  init?(_ body: [NetworkBlock], style: Style) {
    guard let first = body.firstIndex(where: { $0.convolution != nil }),
      let stemConvolution = body[first].convolution, !stemConvolution.isPointwise, stemConvolution.group == 1,
      style.isActivated(body[first])
    else { return nil }
    stem = Array(body[...first])
    var position = first + 1
    while position < body.count {
      if let (main, shortcut) = body[position].residual {
        guard shortcut.isEmpty, let unit = Self.unit(main, style, isResidual: true), unit.end == main.count
        else { return nil }
        append(unit.unit, body[position...position])
        position += 1
      } else if let unit = Self.unit(Array(body[position...]), style, isResidual: false) {
        append(unit.unit, body[position..<position + unit.end])
        position += unit.end
      } else {
        break
      }
    }
    tail = Array(body[position...])
    guard tail.count == 1, let last = tail.first?.convolution, last.isPointwise, last.group == 1,
      style.isActivated(tail[0])
    else { return nil }
  }

  private mutating func append(_ unit: MobileUnit, _ blocks: ArraySlice<NetworkBlock>) {
    var unit = unit
    unit.nodes = Array(blocks).allNodes
    units.append(unit)
  }

  /// The unit at the beginning of the blocks, and how many it takes.
  private static func unit(
    _ blocks: [NetworkBlock], _ style: Style, isResidual: Bool
  ) -> (unit: MobileUnit, end: Int)? {
    var position = 0
    func convolution() -> NetworkBlock.Convolution? {
      blocks.indices.contains(position) ? blocks[position].convolution : nil
    }
    guard let first = convolution() else { return nil }
    if !first.isDepthwise, !first.isPointwise {
      // Fused; without expansion it is a single convolution.
      guard style == .gated, first.group == 1, style.isActivated(blocks[0]) else { return nil }
      position = 1
      var outputs = first.outputs
      if let project = convolution(), project.isPointwise, !style.isActivated(blocks[1]), project.group == 1 {
        outputs = project.outputs
        position = 2
      }
      let unit = MobileUnit(
        isFused: true, isResidual: isResidual, kernel: first.kernel, inputs: first.inputs,
        hidden: first.outputs, outputs: outputs)
      return (unit, position)
    }
    if first.isPointwise && !first.isDepthwise {
      guard style.isActivated(blocks[0]), first.outputs >= first.inputs else { return nil }
      position = 1
    }
    guard let depthwise = convolution(), depthwise.isDepthwise, style.isActivated(blocks[position]) else {
      return nil
    }
    position += 1
    if style == .gated {
      guard blocks.indices.contains(position), let gate = blocks[position].channelGate,
        gate.last?.activations == ["Sigmoid"]
      else { return nil }
      position += 1
    }
    guard let project = convolution(), project.isPointwise, project.group == 1,
      blocks[position].activations.isEmpty
    else { return nil }
    let unit = MobileUnit(
      isFused: false, isResidual: isResidual, kernel: depthwise.kernel, inputs: first.inputs,
      hidden: depthwise.outputs, outputs: project.outputs)
    return (unit, position + 1)
  }
}
