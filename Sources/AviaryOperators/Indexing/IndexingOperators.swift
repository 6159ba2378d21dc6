import AviaryCore

enum IndexingOperators {
  static let all: [any Operator.Type] = [Gather.self]
}
