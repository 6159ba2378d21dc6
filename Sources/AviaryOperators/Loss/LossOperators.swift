import AviaryCore

enum LossOperators {
  static let all: [any Operator.Type] = [NegativeLogLikelihoodLoss.self, SoftmaxCrossEntropyLoss.self]
}
