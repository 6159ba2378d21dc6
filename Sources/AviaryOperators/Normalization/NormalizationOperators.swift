import AviaryCore

enum NormalizationOperators {
  static let all: [any Operator.Type] = [
    BatchNormalization.self,
    InstanceNormalization.self,
    LayerNormalization.self,
    GroupNormalization.self,
    RMSNormalization.self,
    LRN.self,
    LpNormalization.self,
    MeanVarianceNormalization.self,
  ]
}
