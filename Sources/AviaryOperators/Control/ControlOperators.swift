import AviaryCore

enum ControlOperators {
  static let all: [any Operator.Type] = [Dropout.self, If.self, Loop.self, Scan.self]
}
