import AviaryCore

/// A vertex of the graph in normal form, before ways that part and meet are found.
struct SketchCell {
  enum Role {
    case input
    case block(NetworkBlock.Kind)
    /// A function of single values: activations and the arithmetic they are composed of.
    case pointwise(String)
    /// Several values into one, each value for itself: `Add`, `Mul`, ...
    case elementwise(String)
    /// Several values into one in any other way: `MatMul`, `Concat`, ...
    case joint(String)
  }

  var role: Role
  /// Cells that it reads, in the order of the operator's inputs.
  var inputs: [Int]
  /// Indices of the graph's nodes that it stands for.
  var nodes: [Int]
}

/// What operators mean to the normal form.
enum SketchVocabulary {
  /// Operators that move, copy, cut or rescale values.
  static let transparent: Set<String> = [
    "Identity", "Dropout", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose",
    "BatchNormalization", "Pad", "Slice", "Gather", "Split", "Expand", "QuantizeLinear", "DequantizeLinear",
    "LRN", "Tile", "GatherND", "GatherElements", "CenterCropPad",
  ]

  static let pointwise: Set<String> = [
    "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "Clip", "Sigmoid", "HardSigmoid",
    "HardSwish", "Swish", "Mish", "Gelu", "Tanh", "Softplus", "Softsign", "Erf", "Exp", "Log", "Sqrt",
    "Reciprocal", "Neg", "Abs", "Pow", "IsNaN", "Not", "Min", "Max", "Equal", "Greater", "Less", "Where",
    "IsInf", "Floor", "Round", "Sign",
  ]

  static let elementwise: Set<String> = [
    "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean", "Where", "PRelu", "And", "Or",
  ]

  static let arithmetic: Set<String> = ["Add", "Sub", "Mul", "Div", "Sum"]

  static let normalization: Set<String> = [
    "LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization",
    "MeanVarianceNormalization", "SimplifiedLayerNormalization",
  ]

  static let poolKinds: [String: NetworkBlock.Pool.Kind] = [
    "MaxPool": .max, "GlobalMaxPool": .max, "ReduceMax": .max,
    "AveragePool": .average, "GlobalAveragePool": .average, "ReduceMean": .average,
  ]

  /// What a function composed of these operators is usually called.
  static func activation(of operators: Set<String>) -> String {
    if operators.contains("Softplus") { return "Mish" }
    if operators.contains("Sigmoid") { return "SiLU" }
    if operators.contains("HardSigmoid") || operators.contains("Clip") { return "HardSwish" }
    if operators.contains("Erf") || operators.contains("Tanh") { return "GELU" }
    return operators.sorted().joined(separator: "+")
  }
}
