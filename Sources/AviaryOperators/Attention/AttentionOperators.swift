import AviaryCore

enum AttentionOperators {
  static let all: [any Operator.Type] = [Attention.self, FusedAttention.self]
}
