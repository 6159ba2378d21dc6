import AviaryCore

extension RecurrentLayer.Direction {
  /// Packs one direction's parameters.
  ///
  /// - Parameters:
  ///   - input: `gates` times `units` rows of `inputs` elements.
  ///   - recurrent: as many rows of `units` elements.
  ///   - bias: the gates' input biases, then their recurrent ones; or `nil`.
  ///   - peepholes: i, o, f of `units` each; or `nil`.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    kind: RecurrentKind, units: Int, inputs: Int, input: UnsafePointer<T>, recurrent: UnsafePointer<T>,
    bias: UnsafePointer<T>?, peepholes: UnsafePointer<T>?, activations: [GateActivation]
  ) throws(TensorError) {
    let gates = kind.gates
    let padded = (units + T.unitLanes - 1) / T.unitLanes * T.unitLanes
    self.input = try GateWeights(input, gates: 0..<gates, units: units, k: inputs)
    var (first, apart) = ([T](repeating: 0, count: gates * padded), [T](repeating: 0, count: gates * padded))
    if let bias {
      for gate in 0..<gates {
        for unit in 0..<units {
          let (own, other) = (bias[gate * units + unit], bias[(gates + gate) * units + unit])
          first[gate * padded + unit] = own + other
          if kind == .gru(resetsProduct: true), gate == 2 {
            // The reset gate multiplies this part with the product.
            first[gate * padded + unit] = own
            apart[gate * padded + unit] = other
          }
        }
      }
    }
    self.bias = first
    recurrentBias = apart
    if kind == .gru(resetsProduct: false) {
      self.recurrent = try GateWeights(recurrent, gates: 0..<2, units: units, k: units)
      candidate = try GateWeights(recurrent, gates: 2..<3, units: units, k: units)
    } else {
      self.recurrent = try GateWeights(recurrent, gates: 0..<gates, units: units, k: units)
      candidate = nil
    }
    if let peepholes {
      var padding = [T](repeating: 0, count: 3 * padded)
      for part in 0..<3 {
        for unit in 0..<units { padding[part * padded + unit] = peepholes[part * units + unit] }
      }
      self.peepholes = padding
    } else {
      self.peepholes = nil
    }
    self.activations = activations
  }
}
