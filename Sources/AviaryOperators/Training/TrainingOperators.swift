import AviaryCore

/// The domain of the optimizers that ONNX previews.
enum TrainingDomain {
  static let name = "ai.onnx.preview.training"

  static func id(_ name: String) -> OperatorID { OperatorID(name, domain: Self.name) }
}

enum TrainingOperators {
  static let all: [any Operator.Type] = [Adagrad.self, Adam.self, Momentum.self]
}
