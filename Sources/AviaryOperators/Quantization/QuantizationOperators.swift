import AviaryCore

/// Operators between real numbers and narrow integers.
enum QuantizationOperators {
  static let all: [any Operator.Type] = [
    QuantizeLinear.self, DequantizeLinear.self, DynamicQuantizeLinear.self,
  ]
}
