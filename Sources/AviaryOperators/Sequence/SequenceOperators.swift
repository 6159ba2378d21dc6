import AviaryCore

enum SequenceOperators {
  static let all: [any Operator.Type] = []
}
