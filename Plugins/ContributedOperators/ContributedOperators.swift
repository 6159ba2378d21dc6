import AviaryCore

/// All operators of the plugin.
enum ContributedOperators {
  static let all: [any Operator.Type] = [
    BiasGelu.self, ContributedAttention.self, ContributedGelu.self, ContributedLinear<LinearNames.Dequantize>.self,
    ContributedLinear<LinearNames.Quantize>.self, DynamicQuantizeLSTM.self, DynamicQuantizeMatMul.self,
    EmbedLayerNormalization.self, FastGelu.self, FusedConv.self, FusedGemm.self,
    FusedMatMul<FusedMatMulNames.Fused>.self, FusedMatMul<FusedMatMulNames.Transposed>.self,
    MatMulIntegerToFloat.self, MatMulNBits.self, MultiHeadAttention.self, QGemm.self, QLinearConcat.self,
    QLinearWhere.self, QuantizedOperator<QuantizedForms.Add>.self,
    QuantizedOperator<QuantizedForms.LeakyRelu>.self, QuantizedOperator<QuantizedForms.Mul>.self,
    QuantizedOperator<QuantizedForms.Sigmoid>.self,
    QuantizedOperator<QuantizedForms.Softmax>.self, QuantizedPool<QuantizedPools.Average>.self,
    QuantizedPool<QuantizedPools.Global>.self, QuickGelu.self, SkipLayerNormalization<SkipForms.Full>.self,
    SkipLayerNormalization<SkipForms.Simplified>.self,
  ]
}
