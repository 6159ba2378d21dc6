import AviaryCore

/// Where the queries, keys or values of an attention stand in a value that a projection wrote: of N x T x C
/// (or T x N x C), head `h` has its `size` numbers at `offset + h * step` of the last axes.
struct AttentionOperand: Equatable {
  /// Which axes of the operand are the positions and the numbers of a head; the ones before are batch and
  /// heads.
  enum Order { case rows, columns }

  let base: String
  let isSequenceFirst: Bool
  let heads: Int
  let size: Int
  let step: Int
  let offset: Int
  /// What the numbers are multiplied with.
  let factor: Double
  /// The atoms of the batch, heads and positions (empty for extent 1), and the number of axes that batch and
  /// heads take in the operand.
  let leading: [[AxisView.Atom]]
  let positions: [AxisView.Atom]

  /// Finds the value furthest back from which the operand is such a view.
  init?(of name: String, _ order: Order, _ editor: GraphEditor) {
    var path: [(node: Node, output: String)] = []
    var bases = [name]
    // Exporters write fewer than ten nodes between projection and product.
    while path.count < 12, let last = bases.last, let (_, node) = editor.source(of: last),
      let input = Self.viewed(node, editor)
    {
      path.append((node, last))
      bases.append(input)
    }
    for position in bases.indices.reversed() {
      guard let dims = editor.infos[bases[position]]?.shape.dims, dims.count >= 3 else { continue }
      var view: AxisView? = AxisView(base: dims)
      for step in path[..<position].reversed() {
        view = view?.after(step.node, output: step.output, editor)
      }
      if let view, let found = Self(base: bases[position], dims: dims, view, order) {
        self = found
        return
      }
    }
    return nil
  }

  /// The input that the node shows under other axes, where it is such a node.
  private static func viewed(_ node: Node, _ editor: GraphEditor) -> String? {
    guard node.id.domain.isEmpty else { return nil }
    switch node.id.name {
    case "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Gather", "Slice", "Split":
      return node.inputs.first
    case "Mul", "Div": return editor.scaling(node)?.value
    default: return nil
    }
  }

  private init?(base: String, dims: [Extent], _ view: AxisView, _ order: Order) {
    let rank = view.axes.count
    guard rank >= 3, view.offsets[0] == 0, view.offsets[1] == 0 else { return nil }
    // Positions in the last axes of the base, taken together.
    var widths = [Int](repeating: 1, count: dims.count)
    for axis in (2..<dims.count).reversed() {
      guard let extent = dims[axis].value else { return nil }
      if axis > 2 { widths[axis - 1] = widths[axis].multipliedReportingOverflow(by: extent).partialValue }
    }
    let rows = view.axes[order == .rows ? rank - 2 : rank - 1]
    let numbers = view.axes[order == .rows ? rank - 1 : rank - 2]
    let leading = Array(view.axes[..<(rank - 2)])
    // Numbers: neighbours in memory.
    var (size, span) = (1, 1)
    for atom in numbers.reversed() {
      guard atom.axis >= 2, let extent = atom.extent.value, atom.step * widths[atom.axis] == span else {
        return nil
      }
      size *= extent
      span = size
    }
    // Positions: one of the first two axes, entirely.
    guard rows.count <= 1, rows.allSatisfy({ $0.isWhole && $0.axis < 2 }) else { return nil }
    // Batch and heads: the other one entirely, then atoms of the last axes.
    var others = leading.flatMap { $0 }
    var batchAxis: Int?
    if let first = others.first, first.axis < 2 {
      guard first.isWhole, first.axis != rows.first?.axis else { return nil }
      batchAxis = first.axis
      others.removeFirst()
    }
    let positionAxis = rows.first?.axis ?? batchAxis.map { 1 - $0 } ?? 1
    guard batchAxis != nil || dims[1 - positionAxis] == 1, !rows.isEmpty || dims[positionAxis] == 1 else {
      return nil
    }
    var (heads, step) = (1, 0)
    for atom in others.reversed() {
      guard atom.axis >= 2, let extent = atom.extent.value else { return nil }
      let width = atom.step * widths[atom.axis]
      guard heads == 1 || width == step * heads else { return nil }
      if heads == 1 { step = width }
      heads *= extent
    }
    self.base = base
    self.isSequenceFirst = positionAxis == 0
    self.heads = heads
    self.size = size
    self.step = step
    self.offset = (2..<dims.count).reduce(0) { $0 + view.offsets[$1] * widths[$1] }
    self.factor = view.factor
    self.leading = leading
    self.positions = rows
  }
}
