import AviaryCore

enum DetectionOperators {
  static let all: [any Operator.Type] = [NonMaxSuppression.self]
}
