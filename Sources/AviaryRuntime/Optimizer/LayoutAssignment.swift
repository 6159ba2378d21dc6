import AviaryCore
import AviaryKernels

/// Brings regions of convolutions, pools and what stands between them into blocked layout
/// (N x C/c x H x W x c), with reorders only where such a region begins or ends.
///
/// A Conv becomes `aviary.BlockedConv`; an image of few channels goes into it as it is. BatchNormalization
/// and constants that multiply or shift channels after an activation go into the convolution before them,
/// or become a depthwise one of a single tap. Element-wise operators, and Concat of whole blocks, work on
/// the blocked values as they are. Everything else reads the plain value, which `aviary.Unblock` makes.
struct LayoutAssignment: Pass {
  let name = "layout-assignment"
  let summary = "convolutions and their surroundings work on blocks of channels"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    let blocked = OperatorID("BlockedConv", domain: OperatorID.aviaryDomain)
    guard registry.factory(for: blocked, opset: 1) != nil else { return [] }
    var region = BlockedRegion(editor)
    for index in editor.indices { region.visit(index) }
    guard region.convolutions > 0 else { return [] }
    region.finish()
    editor = region.editor
    return region.changes
  }
}

/// The graph while values move into blocked layout.
private struct BlockedRegion {
  /// The blocked form of a plain value.
  private struct Blocked {
    let name: String
    let channels: Int
    /// Whether the plain value exists too (it was reordered into this form).
    let hasPlain: Bool
  }

  private(set) var editor: GraphEditor
  private(set) var changes: [String] = []
  private(set) var convolutions = 0
  private var blocked: [String: Blocked] = [:]
  /// Plain values that somebody still reads.
  private var plainReads: Set<String> = []
  /// Results of transposes that reorders contain.
  private var absorbed: [String] = []
  private let layout = BlockLayout.current

  init(_ editor: GraphEditor) { self.editor = editor }

  /// Element-wise functions that give finite results for the zeros of incomplete blocks.
  private static let unary: Set<String> = [
    "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Celu", "Clip", "HardSigmoid", "HardSwish", "Gelu",
    "Silu", "Swish", "Mish", "Abs", "Neg", "Softplus", "Softsign", "ThresholdedRelu", "Identity",
  ]
  private static let binary: Set<String> = ["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean", "PRelu", "Div"]

  // MARK: Walking

  mutating func visit(_ index: Int) {
    guard let node = editor.nodes[index] else { return }
    let isOurs = node.id.domain == OperatorID.aviaryDomain
    guard node.id.domain.isEmpty || isOurs, node.subgraphs.isEmpty, convert(node, at: index) else {
      for input in node.allInputs where blocked[input] != nil { plainReads.insert(input) }
      return
    }
  }

  private mutating func convert(_ node: Node, at index: Int) -> Bool {
    guard node.outputs.count(where: { !$0.isEmpty }) == 1, let output = node.outputs.first, !output.isEmpty,
      let type = editor.infos[output]?.elementType, type == .float
    else { return false }
    switch node.id.name {
    case "Conv": return convertConv(node, at: index)
    case "MaxPool", "AveragePool": return convertPool(node, at: index)
    case "GlobalAveragePool": return convertGlobalPool(node, at: index)
    case "Concat": return convertConcat(node, at: index)
    case "Resize", "Upsample": return convertUpsample(node, at: index)
    case "BatchNormalization": return convertAffine(node, at: index)
    case _ where Self.unary.contains(node.id.name): return convertUnary(node, at: index)
    case _ where Self.binary.contains(node.id.name) && node.id.domain.isEmpty:
      return convertAffine(node, at: index) || convertBinary(node, at: index)
    default: return false
    }
  }

  /// Makes the plain values that are still read, and the graph's outputs; removes transposes that became part
  /// of a reorder, where nobody else reads them.
  mutating func finish() {
    for plain in absorbed where (editor.readers[plain]?.isEmpty ?? true) && !editor.isOutput(plain) {
      if let (index, _) = editor.source(of: plain) { editor.remove(index) }
    }
    var reorders = 0
    for (plain, value) in blocked.sorted(by: { $0.key < $1.key })
    where !value.hasPlain && (plainReads.contains(plain) || editor.isOutput(plain)) {
      editor.append(
        Node(
          name: editor.freshName(plain + "/unblock"), id: Self.id("Unblock"), opset: 1, inputs: [value.name],
          outputs: [plain], attributes: ["channels": .int(Int64(value.channels))]))
      reorders += 1
    }
    if reorders > 0 { changes.append("\(reorders) reorders out of blocked layout") }
  }

  private static func id(_ name: String) -> OperatorID {
    OperatorID(name, domain: OperatorID.aviaryDomain)
  }

  // MARK: Values

  /// The node at `index` gives the blocked form of `plain` from now on.
  private mutating func replace(
    _ index: Int, with node: Node, plain: String, channels: Int
  ) {
    var node = node
    let name = editor.freshName(plain + "/blocked")
    node.outputs = [name]
    editor.replace(index, with: node)
    editor.infos[name] = ValueInfo(.float, .rank(5))
    blocked[plain] = Blocked(name: name, channels: channels, hasPlain: false)
  }

  /// The blocked form of a value of that many channels, reordered where there is none.
  private mutating func blockedForm(of plain: String, channels: Int) -> String? {
    if let value = blocked[plain] { return value.channels == channels ? value.name : nil }
    guard let info = editor.infos[plain], info.rank == 4, info.elementType == .float else { return nil }
    let name = editor.freshName(plain + "/blocked")
    var source = plain
    var attributes: [String: AttributeValue] = ["channels": .int(Int64(channels))]
    // A transpose from channels-last on the way is part of the reorder.
    if let (_, transpose) = editor.source(of: plain), transpose.isOperator("Transpose"),
      transpose.ints("perm") == [0, 3, 1, 2], blocked[transpose.inputs[0]] == nil
    {
      source = transpose.inputs[0]
      attributes["layout"] = .string("NHWC")
    }
    editor.append(
      Node(
        name: editor.freshName(plain + "/block"), id: Self.id("Block"), opset: 1, inputs: [source],
        outputs: [name], attributes: attributes))
    if source != plain { absorbed.append(plain) }
    editor.infos[name] = ValueInfo(.float, .rank(5))
    blocked[plain] = Blocked(name: name, channels: channels, hasPlain: true)
    changes.append("\(plain) is reordered into blocked layout")
    return name
  }

  private func channels(of value: String) -> Int? {
    blocked[value]?.channels ?? (editor.infos[value]?.rank == 4 ? editor.infos[value]?.shape[1].value : nil)
  }

  // MARK: Operators

  private mutating func convertConv(_ node: Node, at index: Int) -> Bool {
    let isFused = node.id.domain == OperatorID.aviaryDomain
    guard let weights = editor.constantInput(node, 1), weights.shape.rank == 4, weights.elementType == .float,
      let dims = Optional(weights.shape.dims), !dims.contains(0)
    else { return false }
    let groups = node.int("group") ?? 1
    guard groups >= 1, dims[0] % groups == 0, dims[1] <= Int.max / groups else { return false }
    let channels = dims[1] * groups
    let isDepthwise = groups > 1 && dims[1] == 1 && dims[0] == groups
    guard groups == 1 || isDepthwise || (dims[1] % layout.lanes == 0 && dims[0] / groups % layout.lanes == 0)
    else { return false }
    let bias = node.inputs.count > 2 ? node.inputs[2] : ""
    guard bias.isEmpty || editor.constant(bias)?.elementType == .float else { return false }
    let residual = isFused && node.inputs.count > 3 ? node.inputs[3] : ""
    guard residual.isEmpty || blocked[residual] != nil || editor.infos[residual]?.rank == 4 else { return false }

    var made = node
    made.id = Self.id("BlockedConv")
    made.opset = 1
    let x: String
    if blocked[node.inputs[0]] == nil, groups == 1, channels < layout.lanes,
      editor.infos[node.inputs[0]]?.rank == 4
    {
      x = node.inputs[0]
      made.attributes["input_layout"] = .string("planar")
    } else if let value = blockedForm(of: node.inputs[0], channels: channels) {
      x = value
    } else {
      return false
    }
    var other = ""
    if !residual.isEmpty {
      guard let value = blockedForm(of: residual, channels: dims[0]) else { return false }
      other = value
    }
    made.inputs = [x, node.inputs[1], bias, other, "", ""]
    replace(index, with: made, plain: node.outputs[0], channels: dims[0])
    convolutions += 1
    changes.append("\(node.label) (\(node.id)) works on blocks of \(layout.lanes) channels")
    return true
  }

  private mutating func convertPool(_ node: Node, at index: Int) -> Bool {
    guard let value = blocked[node.inputs[0]], let kernel = node.ints("kernel_shape"), kernel.count == 2,
      (node.ints("dilations") ?? [1, 1]) == [1, 1], (node.int("storage_order") ?? 0) == 0
    else { return false }
    // A window that could lie wholly in the padding stays with the general kernel.
    let pads = node.ints("pads") ?? [0, 0, 0, 0]
    guard pads.count == 4, (0..<4).allSatisfy({ pads[$0] >= 0 && pads[$0] < kernel[$0 % 2] }) else { return false }
    var made = node
    made.id = Self.id("Blocked\(node.id.name)")
    made.opset = 1
    made.inputs = [value.name]
    replace(index, with: made, plain: node.outputs[0], channels: value.channels)
    return true
  }

  private mutating func convertGlobalPool(_ node: Node, at index: Int) -> Bool {
    guard let value = blocked[node.inputs[0]] else { return false }
    let made = Node(
      name: node.name, id: Self.id("BlockedGlobalAveragePool"), opset: 1, inputs: [value.name],
      outputs: node.outputs, attributes: ["channels": .int(Int64(value.channels))])
    replace(index, with: made, plain: node.outputs[0], channels: value.channels)
    return true
  }

  private mutating func convertUpsample(_ node: Node, at index: Int) -> Bool {
    guard let value = blocked[node.inputs[0]], let factors = NearestFactors(node, editor) else { return false }
    let made = Node(
      name: node.name, id: Self.id("BlockedUpsample"), opset: 1, inputs: [value.name], outputs: node.outputs,
      attributes: ["factors": .ints([Int64(factors.rows), Int64(factors.columns)])])
    replace(index, with: made, plain: node.outputs[0], channels: value.channels)
    return true
  }

  private mutating func convertConcat(_ node: Node, at index: Int) -> Bool {
    guard let axis = node.int("axis"), axis == 1 || axis == -3, !node.inputs.isEmpty else { return false }
    let values = node.inputs.compactMap { blocked[$0] }
    guard values.count == node.inputs.count,
      values.dropLast().allSatisfy({ $0.channels % layout.lanes == 0 })
    else { return false }
    var made = node
    made.inputs = values.map(\.name)
    made.attributes["axis"] = .int(1)
    replace(index, with: made, plain: node.outputs[0], channels: values.reduce(0) { $0 + $1.channels })
    return true
  }

  private mutating func convertUnary(_ node: Node, at index: Int) -> Bool {
    guard let value = blocked[node.inputs[0]],
      node.inputs.dropFirst().allSatisfy({ $0.isEmpty || editor.constant($0) != nil })
    else { return false }
    var made = node
    made.inputs[0] = value.name
    replace(index, with: made, plain: node.outputs[0], channels: value.channels)
    return true
  }

  /// A factor and an offset for each channel.
  private mutating func convertAffine(_ node: Node, at index: Int) -> Bool {
    guard let x = node.inputs.first(where: { blocked[$0] != nil }), let value = blocked[x],
      let affine = ChannelAffine(node, of: x, channels: value.channels, rank: 4, axis: -3, editor),
      let (scale, shift) = affine.tensors
    else { return false }
    let output = node.outputs[0]
    // Into the convolution that made the value, where nobody else sees it.
    if let (source, conv) = editor.source(of: value.name), conv.id.name == "BlockedConv",
      editor.soleReader(of: x)?.index == index, !plainReads.contains(x),
      editor.readers[value.name]?.isEmpty ?? true
    {
      var made = conv
      var whole = affine
      if let before = editor.constantInput(conv, 4)?.floats, let offset = editor.constantInput(conv, 5)?.floats {
        whole = affine.after(scale: before, shift: offset)
      }
      guard let (scale, shift) = whole.tensors else { return false }
      made.inputs[4] = editor.addConstant(scale, hint: node.label + "/scale")
      made.inputs[5] = editor.addConstant(shift, hint: node.label + "/shift")
      editor.remove(index)
      editor.replace(source, with: made)
      blocked[output] = value
      blocked[x] = nil
      changes.append("\(node.label) (\(node.id)) goes into the convolution before it")
      return true
    }
    guard let weights = try? scale.reshaped(to: Shape([value.channels, 1, 1, 1])) else { return false }
    let made = Node(
      name: node.name, id: Self.id("BlockedConv"), opset: 1,
      inputs: [
        value.name, editor.addConstant(weights, hint: node.label + "/scale"),
        editor.addConstant(shift, hint: node.label + "/shift"), "", "", "",
      ], outputs: node.outputs, attributes: ["group": .int(Int64(value.channels))])
    guard value.channels > 1 else { return false }
    replace(index, with: made, plain: output, channels: value.channels)
    return true
  }

  private mutating func convertBinary(_ node: Node, at index: Int) -> Bool {
    guard node.opset >= 7 || node.id.name == "PRelu", node.inputs.contains(where: { blocked[$0] != nil }),
      let channels = node.inputs.compactMap({ blocked[$0]?.channels }).first
    else { return false }
    // Everything is looked at before anything is changed.
    for input in node.inputs where blocked[input]?.channels != channels {
      if let tensor = editor.constant(input) {
        guard isScalar(tensor) || isPerChannel(tensor, channels) else { return false }
      } else {
        guard blocked[input] == nil, self.channels(of: input) == channels else { return false }
      }
    }
    if node.id.name == "Div" {
      // Only constants divide: the zeros of incomplete blocks must not.
      guard node.inputs.count == 2, editor.constant(node.inputs[1]) != nil else { return false }
    }
    var made = node
    for (position, input) in node.inputs.enumerated() {
      if let tensor = editor.constant(input) {
        guard !isScalar(tensor) else { continue }
        guard let values = tensor.floats, let padded = blockedConstant(values, fill: node.id.name == "Div" ? 1 : 0)
        else { return false }
        made.inputs[position] = editor.addConstant(padded, hint: input)
      } else {
        guard let value = blockedForm(of: input, channels: channels) else { return false }
        made.inputs[position] = value
      }
    }
    replace(index, with: made, plain: node.outputs[0], channels: channels)
    return true
  }

  /// One element, of a rank that does not raise the result's.
  private func isScalar(_ tensor: Tensor) -> Bool {
    tensor.elementType == .float && tensor.count == 1 && tensor.shape.rank <= 4
  }

  private func isPerChannel(_ tensor: Tensor, _ channels: Int) -> Bool {
    let dims = tensor.shape.dims
    return tensor.elementType == .float && (3...4).contains(dims.count) && tensor.count == channels
      && dims[dims.count - 3] == channels
  }

  private func blockedConstant(_ values: [Float], fill: Float) -> Tensor? {
    let blocks = layout.blocks(values.count)
    let rest = [Float](repeating: fill, count: blocks * layout.lanes - values.count)
    return try? Tensor(values + rest, shape: Shape([1, blocks, 1, 1, layout.lanes]))
  }
}

extension ChannelAffine {
  /// Scale and shift as tensors.
  fileprivate var tensors: (scale: Tensor, shift: Tensor)? {
    guard let scale = try? Tensor(scale), let shift = try? Tensor(shift) else { return nil }
    return (scale, shift)
  }

  /// This one applied to the result of `x * scale + shift`.
  fileprivate func after(scale first: [Float], shift offset: [Float]) -> ChannelAffine {
    var whole = self
    for c in scale.indices where first.indices.contains(c) && offset.indices.contains(c) {
      whole.scale[c] = scale[c] * first[c]
      whole.shift[c] = scale[c] * offset[c] + shift[c]
    }
    return whole
  }
}
