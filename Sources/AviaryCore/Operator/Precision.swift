/// The arithmetic that the large products of a model (Conv, MatMul, Gemm) are computed in.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// Single precision throughout.
  case fp32
  /// Weights and inputs of a product are rounded to bfloat16, products are summed in single precision. Only
  /// on request: results differ from `fp32` by about three digits.
  case bf16
}
