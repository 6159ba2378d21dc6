import AviaryCore

enum DetectionOperators {
  static let all: [any Operator.Type] = [
    MaxRoiPool.self, MaxUnpool.self, NonMaxSuppression.self, RoiAlign.self,
  ]
}
