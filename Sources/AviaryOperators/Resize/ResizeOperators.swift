import AviaryCore

enum ResizeOperators {
  static let all: [any Operator.Type] = []
}
