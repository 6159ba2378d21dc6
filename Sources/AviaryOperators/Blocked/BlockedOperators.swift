import AviaryCore

/// Operators of the `aviary` domain that work on blocked layout; the layout pass brings them in.
enum BlockedOperators {
  static let all: [any Operator.Type] = [
    BlockedConv.self,
    BlockedPoolOperator<BlockedMaxPool>.self,
    BlockedPoolOperator<BlockedAveragePool>.self,
    BlockedUpsampleOperator.self,
    ReorderOperator<Block>.self,
    ReorderOperator<Unblock>.self,
    ReorderOperator<BlockedGlobalAveragePool>.self,
  ]
}
