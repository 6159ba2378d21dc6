import AviaryCore
import AviaryKernels

/// For every batch entry and class: boxes by falling score, without those that overlap a better one by more
/// than `iou_threshold` (intersection over union). Rows of the result are `[batch, class, box]`.
///
/// ONNX `NonMaxSuppression`, all versions. Boxes are two opposite corners (y, x) in any order, or with
/// `center_point_box` centre and size (x, y, w, h). Without `max_output_boxes_per_class` nothing is selected.
struct NonMaxSuppression: Operator {
  static let id = OperatorID("NonMaxSuppression")
  static let opsets = 10...Opset.latest

  private let isCenter: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isCenter = try attributes.bool("center_point_box", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    for index in 0..<2 {
      if let rank = try inputs.required(index).rank, rank != 3 { throw .rank(rank, input: index, needs: "3") }
    }
    return [ValueInfo(.int64, SymbolicShape([.unknown, 3]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (boxes, scores) = (try context.input(0).shape, try context.input(1).shape)
    guard boxes.rank == 3, boxes[2] == 4 else { throw .invalid("boxes have shape \(boxes), need [N, B, 4]") }
    guard scores.rank == 3, scores[0] == boxes[0], scores[2] == boxes[1] else {
      throw .invalid("scores have shape \(scores), which does not fit boxes of shape \(boxes)")
    }
    let corners = try context.elements(0, as: Float.self)
    let values = try context.elements(1, as: Float.self)
    let most =
      try context.optionalInput(2).map { t throws(OperatorError) in try integerScalar(t, input: 2) } ?? 0
    let overlap = try threshold(context, 3) ?? 0
    guard overlap >= 0, overlap <= 1 else { throw .invalid("iou_threshold \(overlap) is outside 0...1") }
    let least = try threshold(context, 4)

    var rows: [Int64] = []
    let (classes, count) = (scores[1], scores[2])
    for batch in 0..<scores[0] {
      let areas = (0..<count).map { Box(corners, at: (batch * count + $0) * 4, isCenter: isCenter) }
      for category in 0..<classes {
        let first = (batch * classes + category) * count
        for box in select(areas, values, first, most: most, overlap: overlap, least: least) {
          rows += [Int64(batch), Int64(category), Int64(box)]
        }
      }
    }
    let output = try context.make(0, [rows.count / 3, 3], as: Int64.self)
    for i in rows.indices { output[i] = rows[i] }
  }

  private func threshold(_ context: RunContext, _ index: Int) throws(OperatorError) -> Float? {
    guard let tensor = try context.optionalInput(index) else { return nil }
    return Float(try scalarValue(tensor, input: index))
  }

  /// Boxes in the order of selection. Of equal scores the one at the lower position comes first.
  private func select(
    _ boxes: [Box], _ scores: UnsafeBufferPointer<Float>, _ first: Int, most: Int, overlap: Float,
    least: Float?
  ) -> [Int] {
    guard most > 0 else { return [] }
    var keys: [(key: Int64, box: Int)] = []
    for box in boxes.indices {
      let score = scores[first + box]
      if let least, !(score > least) { continue }
      keys.append((orderKey(score), box))
    }
    keys.sort { $0.key != $1.key ? $0.key > $1.key : $0.box < $1.box }
    var selected: [Int] = []
    for (_, box) in keys {
      if selected.count >= most { break }
      if !selected.contains(where: { boxes[$0].overlaps(boxes[box], by: overlap) }) { selected.append(box) }
    }
    return selected
  }
}

/// An upright rectangle with its area.
private struct Box {
  let left, right, top, bottom: Float
  let area: Float

  init(_ values: UnsafeBufferPointer<Float>, at start: Int, isCenter: Bool) {
    let (a, b, c, d) = (values[start], values[start + 1], values[start + 2], values[start + 3])
    if isCenter {
      (left, right) = (a - c / 2, a + c / 2)
      (top, bottom) = (b - d / 2, b + d / 2)
    } else {
      (left, right) = (min(b, d), max(b, d))
      (top, bottom) = (min(a, c), max(a, c))
    }
    area = (right - left) * (bottom - top)
  }

  /// Whether intersection over union exceeds the threshold; never for an empty box.
  func overlaps(_ other: Box, by threshold: Float) -> Bool {
    let width = min(right, other.right) - max(left, other.left)
    let height = min(bottom, other.bottom) - max(top, other.top)
    guard width > 0, height > 0, area > 0, other.area > 0 else { return false }
    let shared = width * height
    return shared / (area + other.area - shared) > threshold
  }
}
