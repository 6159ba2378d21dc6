import AviaryCore

enum LinearOperators {
  static let all: [any Operator.Type] = [
    GemmOperator<StandardForm>.self,
    GemmOperator<FusedForm>.self,
    MatMulOperator<StandardForm>.self,
    MatMulOperator<FusedForm>.self,
    Det.self,
  ]
}
