import AviaryCore

/// Questions that the pattern passes share. All of them answer "not this" with `nil`.
extension GraphEditor {
  /// The standard operator of that type that produces `name`.
  func source(of name: String, _ type: String) -> (index: Int, node: Node)? {
    guard let found = source(of: name), found.node.isOperator(type) else { return nil }
    return found
  }

  /// The standard operator of that type that alone reads `name`.
  func soleReader(of name: String, _ type: String) -> (index: Int, node: Node)? {
    guard let found = soleReader(of: name), found.node.isOperator(type) else { return nil }
    return found
  }

  /// The one element of a float constant that does not raise the rank of `value` when combined with it.
  func scalar(_ name: String, beside value: String) -> Double? {
    guard let tensor = constant(name), tensor.shape.rank <= infos[value]?.rank ?? 0 else { return nil }
    return tensor.scalarFloat.map(Double.init)
  }

  /// The two inputs of an Add, Sub, Mul or Div whose operands broadcast as in numpy.
  func operands(_ node: Node, _ type: String) -> (String, String)? {
    guard node.isOperator(type), node.opset >= 7, node.inputs.count == 2 else { return nil }
    return (node.inputs[0], node.inputs[1])
  }

  /// `value` and `c` where the node is `value + c` or `value - c` (then `-c`).
  func shift(_ node: Node) -> (value: String, by: Double)? {
    if let (a, b) = operands(node, "Add") {
      if let c = scalar(b, beside: a) { return (a, c) }
      return scalar(a, beside: b).map { (b, $0) }
    }
    guard let (a, b) = operands(node, "Sub") else { return nil }
    return scalar(b, beside: a).map { (a, -$0) }
  }

  /// `value` and `c` where the node is `value * c` or `value / c` (then `1 / c`).
  func scaling(_ node: Node) -> (value: String, by: Double)? {
    if let (a, b) = operands(node, "Mul") {
      if let c = scalar(b, beside: a) { return (a, c) }
      return scalar(a, beside: b).map { (b, $0) }
    }
    guard let (a, b) = operands(node, "Div") else { return nil }
    return scalar(b, beside: a).flatMap { $0 == 0 ? nil : (a, 1 / $0) }
  }

  /// The other operand where the node is a product of `value` with something.
  func cofactor(_ node: Node, of value: String) -> String? {
    guard let (a, b) = operands(node, "Mul") else { return nil }
    return a == value ? b : b == value ? a : nil
  }

  /// Lower and upper bound of a Clip, infinite where it has none.
  func clipBounds(_ node: Node) -> (low: Double, high: Double)? {
    guard node.isOperator("Clip") else { return nil }
    let widest = Double(Float.greatestFiniteMagnitude)
    if node.opset < 11 {
      return (node.float("min").map(Double.init) ?? -widest, node.float("max").map(Double.init) ?? widest)
    }
    var bounds = [-Double.infinity, Double.infinity]
    for position in 1...2 where node.inputs.count > position && !node.inputs[position].isEmpty {
      guard let bound = constantInput(node, position)?.scalarFloat else { return nil }
      bounds[position - 1] = Double(bound)
    }
    return (bounds[0], bounds[1])
  }

  /// The axes of a reduction, given as attribute or constant input, counted from the front and sorted.
  func reducedAxes(_ node: Node) -> [Int]? {
    guard let input = node.inputs.first, let rank = infos[input]?.rank else { return nil }
    let given: [Int]?
    if node.inputs.count > 1, !node.inputs[1].isEmpty {
      given = constantInput(node, 1).flatMap { try? $0.integers() }
    } else {
      given = node.ints("axes")
    }
    guard let given, given.allSatisfy({ $0 >= -rank && $0 < rank }) else { return nil }
    return Set(given.map { $0 < 0 ? $0 + rank : $0 }).sorted()
  }

  // MARK: Changes

  /// Puts `node` in the place of the node that produced its first output, and removes what nobody reads any
  /// more.
  mutating func fuse(_ node: Node, inPlaceOf index: Int) {
    let old = nodes[index]
    replace(index, with: node)
    for input in old?.allInputs ?? [] { removeUnread(input) }
  }

  /// Removes the node that produces `name` if nobody needs any of its outputs, then what it alone needed.
  mutating func removeUnread(_ name: String) {
    var pending = [name]
    while let name = pending.popLast() {
      guard let (index, node) = source(of: name),
        node.outputs.allSatisfy({ $0.isEmpty || (readers[$0]?.isEmpty ?? true) && !isOutput($0) })
      else { continue }
      remove(index)
      pending += node.allInputs
    }
  }
}

/// Whether two numbers agree within single precision.
func nearlyEqual(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 2e-6 * abs(b) }
