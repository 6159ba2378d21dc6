import AviaryCore
import AviaryKernels

/// H(t) = f(X(t) W' + H(t-1) R' + Wb + Rb) over sequences, in one or two directions.
///
/// Spec: RNN. Version 1 has `output_sequence`, 14 `layout`; 7 and 22 differ in inference and types.
struct RNN: PreparingOperator {
  static let id = OperatorID("RNN")
  static let opsets = 1...Opset.latest

  private var network: RecurrentNetwork

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    network = RecurrentNetwork(
      .rnn, try RecurrentAttributes(attributes: &attributes, opset: opset, defaults: [.tanh]))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try network.infer(inputs) }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    prepared.network = try network.prepared(inputs)
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) { try network.run(context) }
}
