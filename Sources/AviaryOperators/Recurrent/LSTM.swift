import AviaryCore
import AviaryKernels

/// Long short-term memory over sequences: i, f, o = f(X W' + H R' + P * C + b), c = g(X Wc' + H Rc' + b),
/// C = f * C + i * c, H = o * h(C); the gate o sees the new C through its peephole.
///
/// Spec: LSTM. `clip` bounds what the activations of the gates see, as in ONNX Runtime. Version 1 has `output_sequence`, 14
/// brings `layout`; 7 and 22 differ in inference and types.
struct LSTM: PreparingOperator {
  static let id = OperatorID("LSTM")
  static let opsets = 1...Opset.latest

  private var network: RecurrentNetwork

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let isCoupled = try attributes.bool("input_forget", default: false)
    network = RecurrentNetwork(
      .lstm(isCoupled: isCoupled),
      try RecurrentAttributes(attributes: &attributes, opset: opset, defaults: [.sigmoid, .tanh, .tanh]))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try network.infer(inputs) }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    prepared.network = try network.prepared(inputs)
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) { try network.run(context) }
}
