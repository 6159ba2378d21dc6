import AviaryCore

/// Products of quantised numbers.
enum IntegerOperators {
  static let all: [any Operator.Type] = [
    ConvInteger.self, MatMulInteger.self, QLinearConv.self, QLinearMatMul.self,
  ]
}
