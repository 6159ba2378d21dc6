import AviaryCore

enum SignalOperators {
  static let all: [any Operator.Type] = [
    DFT.self, STFT.self, MelWeightMatrix.self, Window<HannWindow>.self, Window<HammingWindow>.self,
    Window<BlackmanWindow>.self,
  ]
}
