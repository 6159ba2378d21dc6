/// The positions of the `k` largest of `count` keys, best first; of equal keys the one at the lower position
/// comes first. Key `i` is `keys[start + i * stride]`; `smallest` asks for the other end.
///
/// Keeps the best so far in a heap with the worst on top: `O(count * log k)`.
package func topPositions(
  _ keys: UnsafeBufferPointer<Int64>, start: Int, stride: Int, count: Int, k: Int, smallest: Bool
) -> [Int] {
  guard k > 0 else { return [] }
  // Negated, the smallest is the largest; `~` reverses the order and cannot overflow.
  let flip: Int64 = smallest ? -1 : 0
  func key(_ position: Int) -> Int64 { keys[start + position * stride] ^ flip }
  func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (key(a), key(b))
    return x != y ? x > y : a < b
  }
  if k == 1 {
    var best = 0
    for position in 1..<max(count, 1) where key(position) > key(best) { best = position }
    return [best]
  }
  var heap = Array(0..<min(k, count))
  func sink(_ from: Int) {
    var parent = from
    while true {
      var worst = parent
      let left = 2 * parent + 1
      if left < heap.count, isBefore(heap[worst], heap[left]) { worst = left }
      if left + 1 < heap.count, isBefore(heap[worst], heap[left + 1]) { worst = left + 1 }
      if worst == parent { return }
      heap.swapAt(parent, worst)
      parent = worst
    }
  }
  for parent in (0..<heap.count / 2).reversed() { sink(parent) }
  for position in heap.count..<max(count, heap.count) where isBefore(position, heap[0]) {
    heap[0] = position
    sink(0)
  }
  return heap.sorted(by: isBefore)
}
