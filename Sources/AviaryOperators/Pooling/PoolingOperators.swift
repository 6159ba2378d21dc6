import AviaryCore

enum PoolingOperators {
  static let all: [any Operator.Type] = [
    MaxPool.self,
    AveragePool.self,
    LpPool.self,
    GlobalPoolOperator<GlobalAveragePool>.self,
    GlobalPoolOperator<GlobalMaxPool>.self,
    GlobalPoolOperator<GlobalLpPool>.self,
  ]
}
