import AviaryCore

/// The state of some sequences in one direction of a recurrent layer, and how a step advances it.
///
/// A class: closures over a generic structure would copy it piece by piece at every step.
final class RecurrentState<T: RecurrentElement> {
  let layer: RecurrentLayer<T>
  let direction: RecurrentLayer<T>.Direction
  let rows: Int
  let padded: Int
  /// rows x padded: the hidden state.
  var old: UnsafeMutablePointer<T>
  private var new: UnsafeMutablePointer<T>
  let cell: UnsafeMutablePointer<T>
  /// GRU: the update gate, and the state that the reset gate has multiplied.
  private let update: UnsafeMutablePointer<T>
  private let reset: UnsafeMutablePointer<T>
  /// rows x gates x padded: products with the state.
  private let sums: UnsafeMutablePointer<T>
  /// chunk x rows x gates x padded: products with the inputs.
  private let inputs: UnsafeMutablePointer<T>
  private let stateOffsets: [Int]
  /// Whether activations are the usual ones and nothing is bounded.
  private let isPlain: Bool

  init(
    layer: RecurrentLayer<T>, direction: RecurrentLayer<T>.Direction, rows: Int,
    memory: UnsafeMutablePointer<T>, chunk: Int
  ) {
    self.layer = layer
    self.direction = direction
    self.rows = rows
    let padded = layer.padded
    self.padded = padded
    let size = rows * padded
    // Padding is multiplied by nothing, but must be a number.
    memory.update(repeating: 0, count: 5 * size)
    old = memory
    new = memory + size
    cell = memory + 2 * size
    update = memory + 3 * size
    reset = memory + 4 * size
    sums = memory + 5 * size
    inputs = sums + size * layer.kind.gates
    stateOffsets = (0..<rows).map { $0 * padded }
    isPlain =
      layer.clip == nil && direction.activations.first == .sigmoid
      && direction.activations.dropFirst().allSatisfy { $0 == .tanh }
  }

  private var gateRow: Int { layer.kind.gates * padded }

  /// Products below this many multiply-adds are not worth a second thread.
  private static var smallest: Int { 40_000 }

  /// The products of all inputs of a chunk with their weights, plus the bias.
  func multiplyInputs(_ x: UnsafePointer<T>, _ offsets: [Int], _ parallel: any Parallel) {
    let weights = direction.input
    let work = offsets.count * T.unitLanes * weights.gates * max(1, weights.k)
    offsets.withUnsafeBufferPointer { offsets in
      direction.bias.withUnsafeBufferPointer { bias in
        guard let offsetBase = offsets.baseAddress, let bias = bias.baseAddress else { return }
        parallel.forEach(weights.blocks, grain: max(2, Self.smallest / work)) { blocks in
          let shift = blocks.lowerBound * T.unitLanes
          T.product(
            GateProduct(
              weights: weights.block(blocks.lowerBound), blocks: blocks.count, gates: weights.gates, k: weights.k,
              x: x, offsets: offsetBase, rows: offsets.count, initial: bias + shift, initialRow: 0,
              y: inputs + shift, row: gateRow, gateStep: padded))
        }
      }
    }
  }

  /// One step, whose inputs are entry `index` of the chunk. Sequences that are not active stay.
  func advance(_ index: Int, _ active: [Bool], _ parallel: any Parallel) {
    let gates = inputs + index * rows * gateRow
    let weights = direction.recurrent
    let work = rows * T.unitLanes * weights.gates * max(1, weights.k)
    let grain = max(2, Self.smallest / work)
    let (keepsApart, comesSecond) =
      switch layer.kind {
      case .gru(let resetsProduct): (true, !resetsProduct)
      default: (false, false)
      }
    parallel.forEach(weights.blocks, grain: grain) { blocks in
      if keepsApart {
        multiply(weights, old, blocks, from: direction.recurrentBias, into: sums)
      } else {
        multiply(weights, old, blocks, from: gates)
      }
      let (start, count) = (blocks.lowerBound * T.unitLanes, blocks.count * T.unitLanes)
      for r in 0..<rows where active[r] {
        step(r, gates + (r * gateRow + start), sums + (r * gateRow + start), start: start, count)
      }
    }
    if comesSecond, let candidate = direction.candidate {
      parallel.forEach(candidate.blocks, grain: grain) { blocks in
        multiply(candidate, reset, blocks, from: direction.recurrentBias, into: sums + 2 * padded)
        let (start, count) = (blocks.lowerBound * T.unitLanes, blocks.count * T.unitLanes)
        for r in 0..<rows where active[r] {
          let place = r * padded + start
          finish(
            gates + (r * gateRow + 2 * padded + start), sums + (r * gateRow + 2 * padded + start),
            update + place, old + place, new + place, count)
        }
      }
    }
    for r in 0..<rows where !active[r] { (new + r * padded).update(from: old + r * padded, count: padded) }
    swap(&old, &new)
  }

  /// Products of the state with weights, added to `gates` where they lie.
  private func multiply(
    _ weights: GateWeights<T>, _ x: UnsafePointer<T>, _ blocks: Range<Int>, from gates: UnsafeMutablePointer<T>
  ) {
    let shift = blocks.lowerBound * T.unitLanes
    stateOffsets.withUnsafeBufferPointer { offsets in
      guard let offsets = offsets.baseAddress else { return }
      T.product(
        GateProduct(
          weights: weights.block(blocks.lowerBound), blocks: blocks.count, gates: weights.gates, k: weights.k,
          x: x, offsets: offsets, rows: rows, initial: gates + shift, initialRow: gateRow, y: gates + shift,
          row: gateRow, gateStep: padded))
    }
  }

  /// The same, beginning with a bias, into memory of their own.
  private func multiply(
    _ weights: GateWeights<T>, _ x: UnsafePointer<T>, _ blocks: Range<Int>, from bias: [T],
    into target: UnsafeMutablePointer<T>
  ) {
    let shift = blocks.lowerBound * T.unitLanes
    stateOffsets.withUnsafeBufferPointer { offsets in
      bias.withUnsafeBufferPointer { bias in
        guard let offsets = offsets.baseAddress, let bias = bias.baseAddress else { return }
        T.product(
          GateProduct(
            weights: weights.block(blocks.lowerBound), blocks: blocks.count, gates: weights.gates, k: weights.k,
            x: x, offsets: offsets, rows: rows, initial: bias + shift, initialRow: 0, y: target + shift,
            row: gateRow, gateStep: padded))
      }
    }
  }

  // MARK: Cells

  /// `count` units of a sequence from `start` on: gates become the new state.
  private func step(
    _ r: Int, _ g: UnsafeMutablePointer<T>, _ s: UnsafeMutablePointer<T>, start: Int, _ count: Int
  ) {
    let place = r * padded + start
    let clip = layer.clip
    let functions = direction.activations
    switch layer.kind {
    case .rnn:
      functions[0].apply(g, count, clip: clip)
      (new + place).update(from: g, count: count)
    case .lstm(let isCoupled):
      if isPlain, !isCoupled, direction.peepholes == nil {
        T.lstm(g, step: padded, cell: cell + place, hidden: new + place, count)
      } else {
        lstm(g, cell + place, new + place, start: start, count, isCoupled: isCoupled)
      }
    case .gru(let resetsProduct):
      if resetsProduct, isPlain {
        return T.gru(g, s, step: padded, old: old + place, new: new + place, count)
      }
      let (z, reset) = (update + place, reset + place)
      if isPlain, !resetsProduct {
        return T.gruGates(g, s, step: padded, old: old + place, update: z, reset: reset, count)
      }
      for i in 0..<count {
        z[i] = g[i] + s[i]
        reset[i] = g[padded + i] + s[padded + i]
      }
      functions[0].apply(z, count, clip: clip)
      functions[0].apply(reset, count, clip: clip)
      guard resetsProduct else {
        for i in 0..<count { reset[i] *= (old + place)[i] }
        return
      }
      let candidate = s + 2 * padded
      for i in 0..<count { candidate[i] *= reset[i] }
      finish(g + 2 * padded, candidate, z, old + place, new + place, count)
    }
  }

  /// GRU: candidate and update gate become the new state.
  private func finish(
    _ g: UnsafeMutablePointer<T>, _ s: UnsafePointer<T>, _ z: UnsafePointer<T>, _ old: UnsafePointer<T>,
    _ new: UnsafeMutablePointer<T>, _ count: Int
  ) {
    if isPlain { return T.gruState(g, s, update: z, old: old, new: new, count) }
    for i in 0..<count { g[i] += s[i] }
    direction.activations[1].apply(g, count, clip: layer.clip)
    for i in 0..<count { new[i] = g[i] + z[i] * (old[i] - g[i]) }
  }

  /// An LSTM step with any activations, peepholes and bounds.
  private func lstm(
    _ g: UnsafeMutablePointer<T>, _ c: UnsafeMutablePointer<T>, _ h: UnsafeMutablePointer<T>, start: Int,
    _ count: Int, isCoupled: Bool
  ) {
    let (input, output, forget, candidate) = (g, g + padded, g + 2 * padded, g + 3 * padded)
    func peep(_ gate: UnsafeMutablePointer<T>, _ part: Int) {
      guard let peepholes = direction.peepholes else { return }
      for i in 0..<count { gate[i] += peepholes[part * padded + start + i] * c[i] }
    }
    let functions = direction.activations
    peep(input, 0)
    functions[0].apply(input, count, clip: layer.clip)
    if isCoupled {
      for i in 0..<count { forget[i] = 1 - input[i] }
    } else {
      peep(forget, 2)
      functions[0].apply(forget, count, clip: layer.clip)
    }
    functions[1].apply(candidate, count, clip: layer.clip)
    for i in 0..<count { c[i] = forget[i] * c[i] + input[i] * candidate[i] }
    peep(output, 1)
    functions[0].apply(output, count, clip: layer.clip)
    h.update(from: c, count: count)
    // The state itself is not bounded: ONNX Runtime bounds the gates only.
    functions[2].apply(h, count, clip: nil)
    for i in 0..<count { h[i] *= output[i] }
  }
}
