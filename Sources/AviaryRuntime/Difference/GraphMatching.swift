import AviaryCore

/// Which node of one graph does the work of which node of another, whatever they are called.
///
/// First what follows from the inputs: readers of values that correspond, of the same operator. Then, for
/// what lies behind a difference, what leads to the outputs, what has the same name, and what stands in the
/// same order with weights of the same shapes.
struct GraphMatching {
  let first: GraphView
  let second: GraphView
  /// By index of the first graph's nodes.
  private(set) var pairs: [Int: Int] = [:]
  /// By index of the second graph's nodes.
  private(set) var inverse: [Int: Int] = [:]
  /// Values that correspond, by the first graph's names.
  private(set) var values: [String: String] = [:]
  private var inverseValues: [String: String] = [:]
  private var forward: [(String, String)] = []
  private var backward: [(String, String)] = []

  init(_ first: GraphView, _ second: GraphView) {
    self.first = first
    self.second = second
    let inputs = (first.graph.inputs.map(\.name), second.graph.inputs.map(\.name))
    for (index, name) in inputs.0.enumerated() {
      if inputs.1.contains(name) {
        relate(name, name)
      } else if inputs.1.indices.contains(index), !inputs.0.contains(inputs.1[index]) {
        relate(name, inputs.1[index])
      }
    }
    // What a body takes from the graph around it.
    let free = Set(second.graph.freeNames)
    for name in first.graph.freeNames where free.contains(name) { relate(name, name) }
    spread()
    for (a, b) in zip(first.graph.outputs, second.graph.outputs) {
      backward.append((first.canonical(a.name), second.canonical(b.name)))
    }
    spread()
    matchNames()
    matchOrder()
  }

  // MARK: Spreading

  private mutating func relate(_ a: String, _ b: String) {
    guard values[a] == nil, inverseValues[b] == nil else { return }
    values[a] = b
    inverseValues[b] = a
    forward.append((a, b))
    backward.append((a, b))
  }

  private mutating func pair(_ i: Int, _ j: Int) {
    guard pairs[i] == nil, inverse[j] == nil else { return }
    pairs[i] = j
    inverse[j] = i
    for (a, b) in zip(first.graph.nodes[i].outputs, second.graph.nodes[j].outputs)
    where !a.isEmpty && !b.isEmpty {
      relate(a, b)
    }
    for (p, q) in inputPairs(i, j) {
      let (a, b) = (first.input(i, p), second.input(j, q))
      if !first.isConstant(a), !second.isConstant(b) { backward.append((a, b)) }
    }
  }

  /// Forward as far as it goes, which is sure; then a step back, which is a guess, and so on.
  private mutating func spread() {
    while true {
      if let (a, b) = forward.popLast() {
        matchReaders(a, b)
      } else if let (a, b) = backward.popLast() {
        guard let i = first.producer[a], let j = second.producer[b], pairs[i] == nil, inverse[j] == nil,
          first.isLive(i), second.isLive(j), isAlike(i, j), mayCorrespond(i, j)
        else { continue }
        pair(i, j)
      } else {
        return
      }
    }
  }

  private mutating func matchReaders(_ a: String, _ b: String) {
    for i in first.readers(of: a) where pairs[i] == nil {
      let candidates = second.readers(of: b).filter { inverse[$0] == nil && isAlike(i, $0) && reads(i, $0) }
      guard let best = candidates.max(by: { (likeness(i, $0), $1) < (likeness(i, $1), $0) }) else { continue }
      pair(i, best)
    }
  }

  // MARK: Likeness

  private func isAlike(_ i: Int, _ j: Int) -> Bool {
    let (a, b) = (first.graph.nodes[i], second.graph.nodes[j])
    return a.id == b.id && first.activations(i).count == second.activations(j).count
  }

  /// Whether all activations that both read are known to correspond.
  private func reads(_ i: Int, _ j: Int) -> Bool {
    inputPairs(i, j).allSatisfy { p, q in
      let (a, b) = (first.input(i, p), second.input(j, q))
      return first.isConstant(a) ? second.isConstant(b) : values[a] == b
    }
  }

  /// Whether nothing that is known speaks against it.
  private func mayCorrespond(_ i: Int, _ j: Int) -> Bool {
    inputPairs(i, j).allSatisfy { p, q in
      let (a, b) = (first.input(i, p), second.input(j, q))
      guard !first.isConstant(a), !second.isConstant(b) else { return true }
      return values[a].map { $0 == b } ?? (inverseValues[b] == nil)
    } && first.weightShapes(i) == second.weightShapes(j)
  }

  private func likeness(_ i: Int, _ j: Int) -> Int {
    let (a, b) = (first.graph.nodes[i], second.graph.nodes[j])
    return (first.weightShapes(i) == second.weightShapes(j) ? 4 : 0)
      + (a.attributes.count == b.attributes.count ? 1 : 0) + (a.name == b.name && !a.name.isEmpty ? 2 : 0)
  }

  private static let commutative: Set<String> = [
    "Add", "Mul", "Max", "Min", "Sum", "And", "Or", "Xor", "Equal",
  ]

  /// Positions of inputs that belong together: the same ones, or crossed where order makes no difference and
  /// only that fits.
  func inputPairs(_ i: Int, _ j: Int) -> [(Int, Int)] {
    let (a, b) = (first.graph.nodes[i], second.graph.nodes[j])
    let count = min(a.inputs.count, b.inputs.count)
    guard count == 2, a.inputs.count == 2, b.inputs.count == 2, Self.commutative.contains(a.id.name) else {
      return (0..<count).map { ($0, $0) }
    }
    func fits(_ pairs: [(Int, Int)]) -> Bool {
      pairs.allSatisfy { p, q in
        let (x, y) = (first.input(i, p), second.input(j, q))
        guard first.isConstant(x) == second.isConstant(y) else { return false }
        return first.isConstant(x) || values[x] == y || (values[x] == nil && inverseValues[y] == nil)
      }
    }
    let straight = [(0, 0), (1, 1)]
    let crossed = [(0, 1), (1, 0)]
    return !fits(straight) && fits(crossed) ? crossed : straight
  }

  // MARK: Behind a difference

  private mutating func matchNames() {
    var byName: [String: Int] = [:]
    for j in second.live where inverse[j] == nil { byName[second.graph.nodes[j].label] = j }
    for i in first.live where pairs[i] == nil {
      guard let j = byName[first.graph.nodes[i].label], inverse[j] == nil, isAlike(i, j) else { continue }
      pair(i, j)
      spread()
    }
  }

  /// The longest common subsequence of what is left; beyond some size of it, the next of the same kind.
  private mutating func matchOrder() {
    let a = first.live.filter { pairs[$0] == nil }
    let b = second.live.filter { inverse[$0] == nil }
    guard !a.isEmpty, !b.isEmpty else { return }
    func key(_ view: GraphView, _ index: Int) -> String {
      "\(view.graph.nodes[index].id) \(view.weightShapes(index))"
    }
    let (keysA, keysB) = (a.map { key(first, $0) }, b.map { key(second, $0) })
    var found: [(Int, Int)] = []
    if a.count <= 2_000, b.count <= 2_000 {
      let width = b.count + 1
      var lengths = [Int32](repeating: 0, count: (a.count + 1) * width)
      for x in a.indices.reversed() {
        for y in b.indices.reversed() {
          lengths[x * width + y] =
            keysA[x] == keysB[y]
            ? lengths[(x + 1) * width + y + 1] + 1
            : max(lengths[(x + 1) * width + y], lengths[x * width + y + 1])
        }
      }
      var (x, y) = (0, 0)
      while x < a.count, y < b.count {
        if keysA[x] == keysB[y] {
          found.append((a[x], b[y]))
          (x, y) = (x + 1, y + 1)
        } else if lengths[(x + 1) * width + y] >= lengths[x * width + y + 1] {
          x += 1
        } else {
          y += 1
        }
      }
    } else {
      var waiting = Dictionary(grouping: b.indices.reversed(), by: { keysB[$0] })
      for x in a.indices {
        if let y = waiting[keysA[x]]?.popLast() { found.append((a[x], b[y])) }
      }
    }
    for (i, j) in found where isAlike(i, j) { pair(i, j) }
  }
}
