import AviaryCore

/// Recognises the Gaussian error linear unit, whose exporters write out its formula, and makes it one Gelu.
///
/// Exact: `x * (1 + Erf(x / sqrt 2)) * 0.5` in any order of the factors. Approximate: `x * (1 + Tanh(sqrt(2 /
/// pi) * (x + 0.044715 x^3))) * 0.5`, the cube as Pow or as products.
struct GeluFusion: Pass {
  let name = "gelu-fusion"
  let summary = "the written-out formulas of GELU become Gelu"

  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String] {
    var changes: [String] = []
    for index in editor.indices {
      guard let node = editor.nodes[index], let output = node.outputs.first else { continue }
      let x: String
      let form: String
      if node.isOperator("Erf"), let argument = Self.erfArgument(node, editor) {
        (x, form) = (argument, "none")
      } else if node.isOperator("Tanh"), let argument = Self.tanhArgument(node, editor) {
        (x, form) = (argument, "tanh")
      } else {
        continue
      }
      guard let last = Self.lastProduct(of: x, with: output, editor), let end = editor.nodes[last] else {
        editor.note("\(node.label): \(node.id) of GELU, but not followed by (1 + it) * x * 0.5 alone")
        continue
      }
      var gelu = Node(
        name: node.label + "/Gelu", id: OperatorID("Gelu"), opset: 20, inputs: [x], outputs: end.outputs)
      if form == "tanh" { gelu.attributes["approximate"] = .string("tanh") }
      editor.fuse(gelu, inPlaceOf: last)
      changes.append("\(node.label) (\(node.id)) and the products around it are Gelu of \(x)")
    }
    return changes
  }

  /// `x` of `Erf(x / sqrt 2)`.
  private static func erfArgument(_ erf: Node, _ editor: GraphEditor) -> String? {
    guard let inner = erf.inputs.first, let (_, node) = editor.source(of: inner),
      let (x, factor) = editor.scaling(node), nearlyEqual(factor, 0.5.squareRoot())
    else { return nil }
    return x
  }

  /// `x` of `Tanh(sqrt(2 / pi) * (x + 0.044715 x^3))`, or of the same with the factors multiplied out:
  /// `sqrt(2 / pi) x (1 + 0.044715 x^2)`.
  private static func tanhArgument(_ tanh: Node, _ editor: GraphEditor) -> String? {
    let slope = (2 / Double.pi).squareRoot()
    guard let inner = tanh.inputs.first, let (_, outer) = editor.source(of: inner) else { return nil }
    if let (sum, factor) = editor.scaling(outer), nearlyEqual(factor, slope),
      let (_, add) = editor.source(of: sum)
    {
      if let (a, b) = editor.operands(add, "Add") {
        for (x, cubic) in [(a, b), (b, a)] where isCubic(cubic, of: x, editor) { return x }
      }
      // slope * (x * (1 + c x^2))
      if let (a, b) = editor.operands(add, "Mul") {
        for (x, rest) in [(a, b), (b, a)] where isOnePlusSquare(rest, of: x, editor) { return x }
      }
    }
    // (slope * x) * (1 + c x^2)
    if let (a, b) = editor.operands(outer, "Mul") {
      for (scaled, rest) in [(a, b), (b, a)] {
        if let (_, node) = editor.source(of: scaled), let (x, factor) = editor.scaling(node),
          nearlyEqual(factor, slope), isOnePlusSquare(rest, of: x, editor)
        {
          return x
        }
      }
    }
    return nil
  }

  private static let cubicFactor = 0.044715

  /// Whether `name` is `0.044715 x^3`, however it is multiplied.
  private static func isCubic(_ name: String, of x: String, _ editor: GraphEditor) -> Bool {
    guard let (power, factor) = monomial(name, of: x, editor) else { return false }
    return power == 3 && nearlyEqual(factor, cubicFactor)
  }

  private static func isOnePlusSquare(_ name: String, of x: String, _ editor: GraphEditor) -> Bool {
    guard let (_, add) = editor.source(of: name), let (square, one) = editor.shift(add), one == 1,
      let (power, factor) = monomial(square, of: x, editor)
    else { return false }
    return power == 2 && nearlyEqual(factor, cubicFactor)
  }

  /// The power of `x` and the constant factor that `name` is made of, through Mul, Div and Pow.
  private static func monomial(
    _ name: String, of x: String, _ editor: GraphEditor, depth: Int = 0
  ) -> (power: Double, factor: Double)? {
    if name == x { return (1, 1) }
    guard depth < 6, let (_, node) = editor.source(of: name) else { return nil }
    if let (value, factor) = editor.scaling(node) {
      return monomial(value, of: x, editor, depth: depth + 1).map { ($0.power, $0.factor * factor) }
    }
    if let (a, b) = editor.operands(node, "Mul"), let first = monomial(a, of: x, editor, depth: depth + 1),
      let second = monomial(b, of: x, editor, depth: depth + 1)
    {
      return (first.power + second.power, first.factor * second.factor)
    }
    if let (base, exponent) = editor.operands(node, "Pow"), base == x,
      let power = editor.scalar(exponent, beside: base)
    {
      return (power, 1)
    }
    return nil
  }

  /// The node whose result is `x * (1 + function) * 0.5`, where everything on the way from `function` has one
  /// reader.
  private static func lastProduct(of x: String, with function: String, _ editor: GraphEditor) -> Int? {
    guard let (_, add) = editor.soleReader(of: function), let (value, one) = editor.shift(add),
      value == function, one == 1
    else { return nil }
    var current = add.outputs[0]
    var (hasX, factor) = (false, 1.0)
    // Three factors at most: x, 0.5, or both as one.
    for _ in 0..<3 {
      guard let (reader, node) = editor.soleReader(of: current) else { return nil }
      if let (_, scale) = editor.scaling(node) {
        factor *= scale
      } else if let other = editor.cofactor(node, of: current), !hasX {
        hasX = true
        if other != x {
          guard let (_, scaled) = editor.source(of: other), let (value, scale) = editor.scaling(scaled),
            value == x
          else { return nil }
          factor *= scale
        }
      } else {
        return nil
      }
      if hasX, nearlyEqual(factor, 0.5) { return reader }
      current = node.outputs[0]
    }
    return nil
  }
}
