import AviaryCore
import AviaryKernels

/// The attributes that RNN, GRU and LSTM share.
struct RecurrentAttributes: Sendable {
  let isReverse: [Bool]
  /// One list a direction.
  let activations: [[GateActivation]]
  let clip: Double?
  let hiddenSize: Int?
  let isBatchFirst: Bool

  var directions: Int { isReverse.count }

  /// - Parameter defaults: the activations of one direction.
  init(attributes: inout Attributes, opset: Int, defaults: [GateActivation]) throws(ImportError) {
    // GRU-1 has the default "foward", misspelt in the specification.
    let names = opset < 3 ? ["forward", "reverse", "bidirectional", "foward"] : ["forward", "reverse", "bidirectional"]
    switch try attributes.string("direction", default: "forward", among: names) {
    case "reverse": isReverse = [true]
    case "bidirectional": isReverse = [false, true]
    default: isReverse = [false]
    }
    clip = try attributes.float("clip").map { Double($0) }
    if let clip, !(clip >= 0) {
      throw ImportError(.invalidAttribute, "attribute 'clip' is \(clip), must not be negative")
    }
    hiddenSize = try attributes.int("hidden_size")
    if let hiddenSize, hiddenSize < 1 {
      throw ImportError(.invalidAttribute, "attribute 'hidden_size' is \(hiddenSize), must be positive")
    }
    // Before version 7 it said whether the output of all steps is wanted, which a node shows by naming it.
    if opset < 7 { attributes.ignore("output_sequence") }
    let layout = opset < 14 ? 0 : try attributes.int("layout", default: 0)
    guard layout == 0 || layout == 1 else {
      throw ImportError(.invalidAttribute, "attribute 'layout' is \(layout), must be 0 or 1")
    }
    isBatchFirst = layout == 1
    activations = try Self.activations(&attributes, defaults: defaults, directions: isReverse.count)
  }

  /// The activations of each direction. `activation_alpha` and `activation_beta` hold a value for each
  /// function that reads one, in order; the rest have their defaults.
  private static func activations(
    _ attributes: inout Attributes, defaults: [GateActivation], directions: Int
  ) throws(ImportError) -> [[GateActivation]] {
    var names = try attributes.strings("activations") ?? []
    var alphas = (try attributes.floats("activation_alpha") ?? [])[...]
    var betas = (try attributes.floats("activation_beta") ?? [])[...]
    let needed = defaults.count * directions
    if names.isEmpty { names = (0..<directions).flatMap { _ in defaults.map(\.kind.rawValue) } }
    // RNN's own default names two functions whatever the direction.
    guard names.count == needed || names.count > needed && defaults.count == 1 else {
      throw ImportError(
        .invalidAttribute, "attribute 'activations' names \(names.count) functions, needs \(needed)")
    }
    var all: [GateActivation] = []
    for name in names.prefix(needed) {
      guard let kind = GateActivation.Kind.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
      else {
        let list = GateActivation.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ImportError(.invalidAttribute, "attribute 'activations' names '\(name)', must be one of \(list)")
      }
      let alpha = kind.alpha == nil ? nil : alphas.popFirst()
      let beta = kind.beta == nil ? nil : betas.popFirst()
      all.append(GateActivation(kind, alpha: alpha.map { Double($0) }, beta: beta.map { Double($0) }))
    }
    return (0..<directions).map { Array(all[$0 * defaults.count..<($0 + 1) * defaults.count]) }
  }
}
