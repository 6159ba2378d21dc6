import AviaryCore

enum ShapeOperators {
  static let all: [any Operator.Type] = []
}
