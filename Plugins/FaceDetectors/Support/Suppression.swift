/// A box by its corners, with a score.
struct ScoredBox {
  var left: Float
  var top: Float
  var right: Float
  var bottom: Float
  var score: Float

  var width: Float { right - left }
  var height: Float { bottom - top }
  var area: Float { max(0, width) * max(0, height) }

  /// The area that two boxes share; `rim` is what a side counts beyond its difference of corners.
  func intersection(_ other: ScoredBox, rim: Float = 0) -> Float {
    let width = min(right, other.right) - max(left, other.left) + rim
    let height = min(bottom, other.bottom) - max(top, other.top) + rim
    return max(0, width) * max(0, height)
  }

  /// Shared area by united area; `epsilon` is added to the latter.
  func overlap(_ other: ScoredBox, epsilon: Float = 0) -> Float {
    let shared = intersection(other)
    return shared / (area + other.area - shared + epsilon)
  }
}

/// Greedy non-maximum suppression: the surest box stays, those that overlap it by more than `threshold` go,
/// and so on.
///
/// - Parameters:
///   - limit: only so many of the surest are looked at: the work grows with their square.
///   - overlap: of a box that stayed and one that may go.
/// - Returns: positions of the boxes that stay, the surest first.
func suppressed(
  _ boxes: [ScoredBox], threshold: Float, limit: Int = 5000, overlap: (ScoredBox, ScoredBox) -> Float
) -> [Int] {
  var order = boxes.indices.sorted { (boxes[$0].score, $1) > (boxes[$1].score, $0) }
  if order.count > limit { order.removeLast(order.count - limit) }
  var kept: [Int] = []
  for index in order where !kept.contains(where: { overlap(boxes[$0], boxes[index]) > threshold }) {
    kept.append(index)
  }
  return kept
}
