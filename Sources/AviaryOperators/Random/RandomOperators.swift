import AviaryCore

enum RandomOperators {
  static let all: [any Operator.Type] = [
    Bernoulli.self, Multinomial.self, RandomShape<NormalKind>.self, RandomShapeLike<NormalKind>.self,
    RandomShape<UniformKind>.self, RandomShapeLike<UniformKind>.self,
  ]
}
