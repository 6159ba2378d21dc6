import AviaryCore

/// How the axes of a value are made of the axes of another one, its base, when only Reshape, Transpose, Split,
/// Slice, Gather, Squeeze, Unsqueeze and products with numbers lie between them.
///
/// Every axis is a row of atoms, outermost first; an atom walks along one axis of the base. Atoms of extent 1
/// are left out, so an axis without atoms has extent 1.
struct AxisView {
  struct Atom: Equatable {
    /// Axis of the base.
    let axis: Int
    var extent: Extent
    /// Positions along that axis from one index to the next.
    var step: Int
    /// Whether it covers the base's axis entirely.
    var isWhole: Bool
  }

  private(set) var axes: [[Atom]]
  /// Where the view begins, along each axis of the base.
  private(set) var offsets: [Int]
  /// What elements of the base are multiplied with.
  private(set) var factor = 1.0

  /// A value as a view of itself.
  init(base dims: [Extent]) {
    axes = dims.enumerated().map { axis, extent in
      extent == 1 ? [] : [Atom(axis: axis, extent: extent, step: 1, isWhole: true)]
    }
    offsets = [Int](repeating: 0, count: dims.count)
  }

  init(axes: [[Atom]]) {
    self.axes = axes
    offsets = []
  }

  /// The view of the node's output `output`, where this is the view of its input; `nil` where the node is
  /// none of these or extents are not known well enough.
  func after(_ node: Node, output: String, _ editor: GraphEditor) -> AxisView? {
    guard node.id.domain.isEmpty, let input = node.inputs.first else { return nil }
    var view = self
    let applied: Bool
    switch node.id.name {
    case "Transpose": applied = view.transpose(node.ints("perm"))
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
      applied = editor.infos[output]?.shape.dims.map { view.reshape(to: $0) } ?? false
    case "Gather": applied = view.gather(node, editor)
    case "Slice": applied = view.slice(node, editor)
    case "Split": applied = view.split(node, output: output, editor)
    case "Mul", "Div":
      guard let (value, factor) = editor.scaling(node), value == input || node.inputs.contains(value) else {
        return nil
      }
      view.factor *= factor
      applied = true
    default: return nil
    }
    return applied ? view : nil
  }

  private mutating func transpose(_ perm: [Int]?) -> Bool {
    let order = perm ?? Array(axes.indices.reversed())
    guard order.sorted() == Array(axes.indices) else { return false }
    axes = order.map { axes[$0] }
    return true
  }

  /// Deals the atoms out to the new axes: from the front up to the first unknown extent, from the back up to
  /// it; that axis takes what is left.
  private mutating func reshape(to dims: [Extent]) -> Bool {
    var atoms = axes.flatMap { $0 }
    var result = [[Atom]](repeating: [], count: dims.count)
    var front = 0
    while front < dims.count, dims[front] != .unknown {
      guard let taken = Self.take(dims[front], from: &atoms, atFront: true) else { break }
      result[front] = taken
      front += 1
    }
    var back = dims.count
    while back > front + 1 || back > front && dims[front] != .unknown {
      guard dims[back - 1] != .unknown, let taken = Self.take(dims[back - 1], from: &atoms, atFront: false)
      else { return false }
      result[back - 1] = taken
      back -= 1
    }
    if front < back { result[front] = atoms } else if !atoms.isEmpty { return false }
    axes = result
    return true
  }

  /// Takes atoms whose product is `extent`, cutting one where needed.
  private static func take(_ extent: Extent, from atoms: inout [Atom], atFront: Bool) -> [Atom]? {
    guard case .known(var rest) = extent else {
      guard let atom = atFront ? atoms.first : atoms.last, atom.extent == extent else { return nil }
      if atFront { atoms.removeFirst() } else { atoms.removeLast() }
      return [atom]
    }
    guard rest > 0 else { return nil }
    var taken: [Atom] = []
    var left = atoms
    while rest > 1 {
      guard let atom = atFront ? left.first : left.last, let count = atom.extent.value, count > 0 else {
        return nil
      }
      if atFront { left.removeFirst() } else { left.removeLast() }
      if rest % count == 0 {
        taken.append(atom)
        rest /= count
      } else {
        guard count % rest == 0 else { return nil }
        let (outer, inner) = atFront ? (rest, count / rest) : (count / rest, rest)
        let first = Atom(axis: atom.axis, extent: .known(outer), step: atom.step * inner, isWhole: false)
        let second = Atom(axis: atom.axis, extent: .known(inner), step: atom.step, isWhole: false)
        if atFront {
          taken.append(first)
          left.insert(second, at: 0)
        } else {
          taken.append(second)
          left.append(first)
        }
        rest = 1
      }
    }
    atoms = left
    return atFront ? taken : taken.reversed()
  }

  /// Keeps `count` positions of an axis from `start` on.
  private mutating func narrow(_ axis: Int, start: Int, count: Int) -> Bool {
    guard axes.indices.contains(axis), start >= 0, count > 0 else { return false }
    if axes[axis].isEmpty { return start == 0 && count == 1 }
    guard axes[axis].count == 1, let whole = axes[axis][0].extent.value, start <= whole - count else {
      return false
    }
    var atom = axes[axis][0]
    if count == whole { return true }
    offsets[atom.axis] += start * atom.step
    atom.extent = .known(count)
    atom.isWhole = false
    axes[axis] = count == 1 ? [] : [atom]
    return true
  }

  private func position(_ axis: Int) -> Int { axis < 0 ? axis + axes.count : axis }

  private mutating func gather(_ node: Node, _ editor: GraphEditor) -> Bool {
    let axis = position(node.int("axis") ?? 0)
    guard let tensor = editor.constantInput(node, 1), tensor.count == 1, tensor.shape.rank <= 1,
      let index = (try? tensor.integers())?.first, axes.indices.contains(axis)
    else { return false }
    var start = index
    if index < 0 {
      guard let extent = axes[axis].first?.extent.value, axes[axis].count == 1 else { return false }
      start += extent
    }
    guard narrow(axis, start: start, count: 1) else { return false }
    if tensor.shape.rank == 0 { axes.remove(at: axis) }
    return true
  }

  private mutating func slice(_ node: Node, _ editor: GraphEditor) -> Bool {
    func integers(_ position: Int) -> [Int]? {
      editor.constantInput(node, position).flatMap { try? $0.integers() }
    }
    guard node.opset >= 10, let starts = integers(1), let ends = integers(2), starts.count == ends.count else {
      return false
    }
    let hasAxes = node.inputs.count > 3 && !node.inputs[3].isEmpty
    guard let named = hasAxes ? integers(3) : Array(starts.indices), named.count == starts.count else {
      return false
    }
    if node.inputs.count > 4, !node.inputs[4].isEmpty {
      guard let steps = integers(4), steps.allSatisfy({ $0 == 1 }) else { return false }
    }
    for (number, axis) in named.enumerated() {
      let axis = position(axis)
      guard axes.indices.contains(axis), axes[axis].count <= 1 else { return false }
      let (start, end) = (starts[number], ends[number])
      let extent = axes[axis].first?.extent ?? 1
      guard let count = extent.value else {
        // Everything of an axis that is not known.
        guard start == 0, end >= Int(Int32.max) else { return false }
        continue
      }
      func clamp(_ bound: Int) -> Int { min(max(bound < 0 ? bound + count : bound, 0), count) }
      guard narrow(axis, start: clamp(start), count: clamp(end) - clamp(start)) else { return false }
    }
    return true
  }

  private mutating func split(_ node: Node, output: String, _ editor: GraphEditor) -> Bool {
    let axis = position(node.int("axis") ?? 0)
    guard axes.indices.contains(axis), let index = node.outputs.firstIndex(of: output) else { return false }
    var sizes: [Int] = []
    for name in node.outputs {
      // An output nobody wants has no name and no known extent.
      guard let extent = editor.infos[name]?.shape[axis].value else { return false }
      sizes.append(extent)
    }
    let start = sizes[..<index].reduce(0) { $0 &+ $1 }
    return narrow(axis, start: start, count: sizes[index])
  }
}
