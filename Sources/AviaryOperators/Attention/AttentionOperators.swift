import AviaryCore

enum AttentionOperators {
  static let all: [any Operator.Type] = [
    Attention.self, FusedAttention.self, FlexAttention.self, LinearAttention.self, CausalConvWithState.self,
    RotaryEmbedding.self,
  ]
}
