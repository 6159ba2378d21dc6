import AviaryCore

enum GenerationOperators {
  static let all: [any Operator.Type] = [
    Constant.self, ConstantOfShape.self, EyeLike.self, RangeOperator.self,
  ]
}
