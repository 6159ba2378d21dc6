import AviaryCore

/// Recognises layer normalisation written out, and makes it one LayerNormalization (RMSNormalization where no
/// mean is subtracted).
///
/// `d = x - mean(x)`, `n = d / sqrt(mean(d^2) + epsilon)` (or times the reciprocal), `n * gamma + beta`, as
/// PyTorch exports it before opset 17; and Keras' form `x * m + (beta - mean(x) * m)` with `m = gamma /
/// sqrt(...)`. Means run over the last axes.
struct LayerNormFusion: Pass {
  let name = "layernorm-fusion"
  let summary = "written-out layer normalisations become LayerNormalization or RMSNormalization"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index], node.isOperator("Sqrt"),
        let statistics = Statistics(node, &editor)
      else { continue }
      guard let match = Self.match(node, statistics, editor), let end = editor.nodes[match.last] else {
        editor.note("\(node.label): the root of a variance, but not of a layer normalisation of one value")
        continue
      }
      guard let scale = match.scale ?? Self.ones(statistics, &editor) else {
        editor.note("\(node.label): a layer normalisation over axes of unknown extent")
        continue
      }
      let isCentered = statistics.mean != nil
      var fused = Node(
        name: node.label + "/Norm", id: OperatorID(isCentered ? "LayerNormalization" : "RMSNormalization"),
        opset: isCentered ? 17 : 23, inputs: [statistics.x, scale], outputs: end.outputs)
      fused.attributes["axis"] = .int(Int64(-statistics.axisCount))
      fused.attributes["epsilon"] = .float(Float(statistics.epsilon))
      if let bias = match.bias { fused.inputs.append(bias) }
      editor.fuse(fused, inPlaceOf: match.last)
      changes.append("\(node.label) (Sqrt) and its neighbours are \(fused.id) of \(statistics.x)")
    }
    return changes
  }

  /// Where the pattern ends, and the factors on the way.
  private struct Match {
    let last: Int
    var scale: String?
    var bias: String?
  }

  private static func match(_ root: Node, _ statistics: Statistics, _ editor: GraphEditor) -> Match? {
    guard let (reader, next) = editor.soleReader(of: root.outputs[0]) else { return nil }
    // d / root
    if let (a, b) = editor.operands(next, "Div"), b == root.outputs[0] {
      if statistics.isCentered(a, editor) { return affine(reader, statistics, editor) }
      guard editor.constant(a)?.scalarFloat == 1 else { return nil }
    } else if !next.isOperator("Reciprocal") {
      return nil
    }
    let inverse = next.outputs[0]
    guard let (product, mul) = editor.soleReader(of: inverse), let other = editor.cofactor(mul, of: inverse)
    else { return nil }
    if statistics.isCentered(other, editor) { return affine(product, statistics, editor) }
    guard statistics.isParameter(other, editor) else { return nil }
    return folded(mul.outputs[0], scale: other, statistics, editor)
  }

  /// `normalised [* gamma [+ beta]]`, from the node that makes the normalised value.
  private static func affine(_ index: Int, _ statistics: Statistics, _ editor: GraphEditor) -> Match {
    var match = Match(last: index)
    guard let value = editor.nodes[index]?.outputs[0], let (reader, mul) = editor.soleReader(of: value),
      let gamma = editor.cofactor(mul, of: value), statistics.isParameter(gamma, editor)
    else { return match }
    match = Match(last: reader, scale: gamma)
    // RMSNormalization has no bias.
    guard statistics.mean != nil, let (last, add) = editor.soleReader(of: mul.outputs[0]),
      let (a, b) = editor.operands(add, "Add")
    else { return match }
    let beta = a == mul.outputs[0] ? b : a
    guard statistics.isParameter(beta, editor) else { return match }
    return Match(last: last, scale: gamma, bias: beta)
  }

  /// Keras' form: `x * m + (beta - mean * m)`, where `m` is read twice.
  private static func folded(
    _ m: String, scale: String, _ statistics: Statistics, _ editor: GraphEditor
  ) -> Match? {
    guard let mean = statistics.mean, !editor.isOutput(m), let readers = editor.readers[m],
      readers.count == 2
    else { return nil }
    var products: [String: String] = [:]
    for reader in readers {
      guard let mul = editor.nodes[reader], let other = editor.cofactor(mul, of: m) else { return nil }
      products[other] = mul.outputs[0]
    }
    guard let scaled = products[statistics.x], let offset = products[mean],
      let (_, sub) = editor.soleReader(of: offset), let (beta, b) = editor.operands(sub, "Sub"),
      b == offset, statistics.isParameter(beta, editor),
      let (last, add) = editor.soleReader(of: scaled), let (a, c) = editor.operands(add, "Add"),
      Set([a, c]) == [scaled, sub.outputs[0]]
    else { return nil }
    return Match(last: last, scale: scale, bias: beta)
  }

  /// A constant of ones over the normalised axes.
  private static func ones(_ statistics: Statistics, _ editor: inout GraphEditor) -> String? {
    guard let shape = try? Shape(statistics.extents), statistics.extents.count == statistics.axisCount,
      let tensor = try? Tensor([Float](repeating: 1, count: shape.count), shape: shape)
    else { return nil }
    return editor.addConstant(tensor, hint: statistics.x)
  }
}

/// What lies before the root: `sqrt(mean((x - mean(x))^2) + epsilon)` over the last axes of `x`.
private struct Statistics {
  let x: String
  /// The value that holds the mean; `nil` where `x` itself is squared.
  let mean: String?
  let epsilon: Double
  /// How many of the last axes the means run over.
  let axisCount: Int
  /// Their extents, where all are known; empty otherwise.
  let extents: [Int]

  init?(_ root: Node, _ editor: inout GraphEditor) {
    guard let input = root.inputs.first, let (_, add) = editor.source(of: input),
      let (variance, epsilon) = editor.shift(add), epsilon >= 0,
      let (_, reduce) = editor.source(of: variance, "ReduceMean"), let square = reduce.inputs.first,
      let deviation = Self.base(ofSquare: square, editor)
    else { return nil }
    self.epsilon = epsilon
    if let (_, sub) = editor.source(of: deviation), let (x, mean) = editor.operands(sub, "Sub"),
      let (_, first) = editor.source(of: mean, "ReduceMean"), first.inputs.first == x,
      editor.reducedAxes(first) == editor.reducedAxes(reduce)
    {
      (self.x, self.mean) = (x, mean)
    } else {
      (self.x, self.mean) = (deviation, nil)
    }
    guard editor.infos[x]?.elementType == .float, let dims = editor.infos[x]?.shape.dims,
      let axes = editor.reducedAxes(reduce), !axes.isEmpty, (reduce.int("keepdims") ?? 1) != 0
    else { return nil }
    guard axes == Array(dims.count - axes.count..<dims.count) else {
      editor.note("\(root.label): a normalisation over axes \(axes), which are not the last ones")
      return nil
    }
    axisCount = axes.count
    let known = dims.suffix(axes.count).compactMap(\.value)
    extents = known.count == axes.count ? known : []
  }

  /// `d` of `d * d` or `d ^ 2`.
  private static func base(ofSquare name: String, _ editor: GraphEditor) -> String? {
    guard let (_, node) = editor.source(of: name) else { return nil }
    if let (a, b) = editor.operands(node, "Mul") {
      if a == b { return a }
      // Two Sub nodes that compute the same.
      guard let (_, first) = editor.source(of: a, "Sub"), let (_, second) = editor.source(of: b, "Sub"),
        first.inputs == second.inputs
      else { return nil }
      return a
    }
    guard let (base, exponent) = editor.operands(node, "Pow"), editor.constant(exponent)?.scalarFloat == 2,
      editor.scalar(exponent, beside: base) != nil
    else { return nil }
    return base
  }

  /// Whether `name` is `x - mean` (`x` where there is no mean).
  func isCentered(_ name: String, _ editor: GraphEditor) -> Bool {
    guard let mean else { return name == x }
    return editor.source(of: name, "Sub")?.node.inputs == [x, mean]
  }

  /// Whether `name` is a constant with one value for each normalised element.
  func isParameter(_ name: String, _ editor: GraphEditor) -> Bool {
    guard let tensor = editor.constant(name), tensor.elementType == .float,
      tensor.shape.rank <= editor.infos[x]?.rank ?? 0, !extents.isEmpty
    else { return false }
    let trailing = Array(tensor.shape.dims.suffix(axisCount))
    return trailing == extents && tensor.shape.dims.dropLast(axisCount).allSatisfy { $0 == 1 }
  }
}
