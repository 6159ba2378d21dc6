import AviaryCore

/// The elements of an integer vector that a graph computes from shapes, as far as they can be traced.
struct ShapeElements {
  enum Element: Equatable {
    case known(Int)
    /// The extent of a value along an axis, counted from the front.
    case extent(of: String, axis: Int)
    case unknown
  }

  let elements: [Element]

  /// `nil` where not even their number follows.
  init?(of name: String, _ editor: GraphEditor) {
    guard let elements = Self.trace(name, editor, depth: 0) else { return nil }
    self.elements = elements
  }

  /// Shape arithmetic is a few nodes deep; a bound keeps hostile graphs from recursing far.
  private static let depthLimit = 16

  private static func trace(_ name: String, _ editor: GraphEditor, depth: Int) -> [Element]? {
    if let tensor = editor.constant(name) {
      guard tensor.shape.rank <= 1, tensor.count <= 64, let values = try? tensor.integers() else { return nil }
      return values.map { .known($0) }
    }
    guard depth < depthLimit, let (_, node) = editor.source(of: name), node.id.domain.isEmpty,
      let input = node.inputs.first
    else { return nil }
    func inner(_ name: String) -> [Element]? { trace(name, editor, depth: depth + 1) }
    switch node.id.name {
    case "Shape": return shape(node, of: input, editor)
    case "Concat":
      var all: [Element] = []
      for input in node.inputs {
        guard let part = inner(input), all.count + part.count <= 64 else { return nil }
        all += part
      }
      return all
    case "Unsqueeze", "Squeeze", "Reshape":
      // A scalar or a vector of one element: both are one element here.
      return inner(input).flatMap { $0.count == 1 ? $0 : nil }
    case "Cast":
      return node.int("to") == Int(ElementType.int64.rawValue) ? inner(input) : nil
    case "Gather":
      guard let elements = inner(input), (node.int("axis") ?? 0) == 0,
        let indices = editor.constantInput(node, 1).flatMap({ try? $0.integers() })
      else { return nil }
      var picked: [Element] = []
      for index in indices {
        let position = index < 0 ? index + elements.count : index
        guard elements.indices.contains(position) else { return nil }
        picked.append(elements[position])
      }
      return picked
    case "Slice": return slice(node, editor).flatMap { range in inner(input).map { range.apply($0) } }
    default:
      // Arithmetic on one extent: one element, of which nothing is known.
      guard ["Mul", "Add", "Sub", "Div", "Mod", "Max", "Min", "Floor"].contains(node.id.name),
        node.inputs.allSatisfy({ inner($0)?.count == 1 })
      else { return nil }
      return [.unknown]
    }
  }

  private static func shape(_ node: Node, of input: String, _ editor: GraphEditor) -> [Element]? {
    guard let dims = editor.infos[input]?.shape.dims else { return nil }
    let range = Bounds(start: node.int("start") ?? 0, end: node.int("end") ?? .max)
    return range.apply(
      dims.enumerated().map { axis, extent in extent.value.map { .known($0) } ?? .extent(of: input, axis: axis) })
  }

  /// A slice of a vector by constant bounds, in steps of 1.
  private static func slice(_ node: Node, _ editor: GraphEditor) -> Bounds? {
    func integers(_ position: Int, _ attribute: String) -> [Int]? {
      if node.opset < 10 { return node.ints(attribute) }
      return editor.constantInput(node, position).flatMap { try? $0.integers() }
    }
    guard let start = integers(1, "starts"), let end = integers(2, "ends"), start.count == 1, end.count == 1
    else { return nil }
    if node.inputs.count > 4, !node.inputs[4].isEmpty, integers(4, "steps") != [1] { return nil }
    return Bounds(start: start[0], end: end[0])
  }

  /// Bounds as Slice and Shape read them: negative ones count from the end, all are clamped.
  private struct Bounds {
    let start: Int
    let end: Int

    func apply(_ elements: [Element]) -> [Element] {
      func position(_ bound: Int) -> Int {
        min(max(bound < 0 ? bound + elements.count : bound, 0), elements.count)
      }
      let (low, high) = (position(start), position(end))
      return low < high ? Array(elements[low..<high]) : []
    }
  }
}
