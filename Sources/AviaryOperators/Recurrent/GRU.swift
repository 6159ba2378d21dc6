import AviaryCore
import AviaryKernels

/// Gated recurrent units over sequences: z = f(X Wz' + H Rz' + b), r = f(X Wr' + H Rr' + b),
/// h = g(X Wh' + (r * H) Rh' + b), H = (1 - z) * h + z * H; with `linear_before_reset` the reset gate r
/// multiplies H Rh' + Rbh instead.
///
/// Spec: GRU. Version 1 has no `linear_before_reset`, 1 and 3 have `output_sequence`, 14 brings `layout`.
struct GRU: PreparingOperator {
  static let id = OperatorID("GRU")
  static let opsets = 1...Opset.latest

  private var network: RecurrentNetwork

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let resetsProduct = opset >= 3 ? try attributes.bool("linear_before_reset", default: false) : false
    network = RecurrentNetwork(
      .gru(resetsProduct: resetsProduct),
      try RecurrentAttributes(attributes: &attributes, opset: opset, defaults: [.sigmoid, .tanh]))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] { try network.infer(inputs) }

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    var prepared = self
    prepared.network = try network.prepared(inputs)
    return prepared
  }

  func run(_ context: RunContext) throws(OperatorError) { try network.run(context) }
}
