import AviaryCore

enum ControlOperators {
  static let all: [any Operator.Type] = [
    BatchScan.self, Dropout.self, If.self, Loop.self, Scan.self, SequenceMap.self,
  ]
}
