import AviaryCore

/// The arithmetic that a graph does to pixels before its first block: `pixel * scale + offset`.
struct InputScaling {
  /// One for all channels or one per channel; `nil` where constants are of another form.
  private(set) var scale: [Double]? = [1]
  private(set) var offset: [Double]? = [0]

  /// The whole of it; `nil` for none.
  var result: (scale: [Double], offset: [Double])? {
    guard let scale, let offset, scale != [1] || offset != [0] else { return nil }
    return (scale, offset)
  }

  /// Takes a node that reads the picture (and else only constants) into account.
  mutating func read(_ node: Node, isPicture: (String) -> Bool, infos: [String: ValueInfo]) {
    guard ["Add", "Sub", "Mul", "Div"].contains(node.id.name), node.inputs.count == 2 else { return }
    let pictureIsFirst = isPicture(node.inputs[0])
    guard let values = channelValues(infos[node.inputs[pictureIsFirst ? 1 : 0]]) else {
      scale = nil
      offset = nil
      return
    }
    switch (node.id.name, pictureIsFirst) {
    case ("Add", _): offset = combine(offset, values, +)
    case ("Sub", true): offset = combine(offset, values, -)
    case ("Sub", false):
      scale = scale.map { $0.map { -$0 } }
      offset = combine(values, offset, -)
    case ("Mul", _): multiply(by: values)
    case ("Div", true) where !values.contains(0): multiply(by: values.map { 1 / $0 })
    default: (scale, offset) = (nil, nil)
    }
  }

  private mutating func multiply(by values: [Double]) {
    scale = combine(scale, values, *)
    offset = combine(offset, values, *)
  }

  private func combine(
    _ a: [Double]?, _ b: [Double]?, _ operation: (Double, Double) -> Double
  ) -> [Double]? {
    guard let a, let b, a.count == b.count || a.count == 1 || b.count == 1 else { return nil }
    return (0..<max(a.count, b.count)).map { operation(a[a.count == 1 ? 0 : $0], b[b.count == 1 ? 0 : $0]) }
  }

  private func channelValues(_ info: ValueInfo?) -> [Double]? {
    guard let tensor = info?.tensor, (1...4).contains(tensor.count) else { return nil }
    if let values = try? tensor.floats() { return values.map(Double.init) }
    return (try? tensor.integers()).map { $0.map(Double.init) }
  }
}
