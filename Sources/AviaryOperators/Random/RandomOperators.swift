import AviaryCore

enum RandomOperators {
  static let all: [any Operator.Type] = [
    Bernoulli.self, Multinomial.self, RandomNormal.self, RandomNormalLike.self, RandomUniform.self,
    RandomUniformLike.self,
  ]
}
