import AviaryCore

enum ResizeOperators {
  static let all: [any Operator.Type] = [Resize.self, Upsample.self]
}
