import AviaryCore

/// The whole factors by which a Resize or Upsample repeats the pixels of a N x C x H x W image: where output
/// (i, j) is input (i / rows, j / columns), rounded down.
struct NearestFactors {
  let rows: Int
  let columns: Int

  /// `nil` where the node does something else, or its factors are not constant.
  init?(_ node: Node, _ editor: GraphEditor) {
    guard node.id.domain.isEmpty, (node.string("mode") ?? "nearest") == "nearest", node.attributes["axes"] == nil,
      Self.roundsDown(node), let factors = Self.factors(node, editor), factors.count == 4, factors[0] == 1,
      factors[1] == 1
    else { return nil }
    let whole = factors.map { Int(exactly: $0.rounded()) ?? 0 }
    guard zip(whole, factors).allSatisfy({ Float($0) == $1 && (1...4096).contains($0) }) else { return nil }
    rows = whole[2]
    columns = whole[3]
  }

  /// Whether whole factors lead to `floor(i / factor)`: so say Upsample, version 10 of Resize, asymmetric
  /// coordinates rounded down, and pixel centres rounded to the nearest (which then never ties).
  private static func roundsDown(_ node: Node) -> Bool {
    guard node.isOperator("Resize"), node.opset >= 11 else { return true }
    let coordinates = node.string("coordinate_transformation_mode") ?? "half_pixel"
    let rounding = node.string("nearest_mode") ?? "round_prefer_floor"
    switch coordinates {
    case "asymmetric": return rounding == "floor"
    case "half_pixel": return rounding == "round_prefer_floor" || rounding == "round_prefer_ceil"
    default: return false
    }
  }

  private static func factors(_ node: Node, _ editor: GraphEditor) -> [Float]? {
    if node.isOperator("Upsample"), case .floats(let scales)? = node.attributes["scales"] { return scales }
    let position = node.isOperator("Resize") && node.opset >= 11 ? 2 : 1
    if let scales = editor.constantInput(node, position)?.floats, !scales.isEmpty { return scales }
    // Sizes, where what they are sizes of is known.
    guard node.isOperator("Resize"), node.opset >= 11, (node.string("keep_aspect_ratio_policy") ?? "stretch") == "stretch",
      let tensor = editor.constantInput(node, 3), let sizes = try? tensor.integers(), sizes.count == 4,
      let input = editor.infos[node.inputs[0]]?.shape.known, input.count == 4,
      zip(sizes, input).allSatisfy({ $1 > 0 && $0 % $1 == 0 })
    else { return nil }
    return zip(sizes, input).map { Float($0 / $1) }
  }
}
