import AviaryCore
import AviaryKernels

/// What the shapes of a recurrent operator's inputs say, as far as they are known.
struct RecurrentShape {
  let attributes: RecurrentAttributes
  let gates: Int
  private(set) var steps = Extent.unknown
  private(set) var batch = Extent.unknown
  private(set) var input = Extent.unknown
  private(set) var hidden = Extent.unknown

  /// Inputs: X, W, R, B, sequence_lens, initial_h, and for LSTM initial_c and P.
  ///
  /// - Throws: `OperatorError` where they contradict each other.
  init(_ inputs: [SymbolicShape?], _ attributes: RecurrentAttributes, gates: Int) throws(OperatorError) {
    self.attributes = attributes
    self.gates = gates
    if let size = attributes.hiddenSize { hidden = .known(size) }
    func shape(_ index: Int) -> SymbolicShape? { inputs.indices.contains(index) ? inputs[index] : nil }
    let isBatchFirst = attributes.isBatchFirst
    if let x = try axes(shape(0), 0, 3) {
      steps = x[isBatchFirst ? 1 : 0]
      batch = x[isBatchFirst ? 0 : 1]
      input = x[2]
    }
    let w = try axes(shape(1), 1, 3)
    let r = try axes(shape(2), 2, 3)
    if let r { hidden = try merge(hidden, r[2], "input 2 and hidden_size disagree about the hidden size") }
    if let rows = w?[1].value ?? r?[1].value, hidden.value == nil {
      guard rows % gates == 0 else { throw .invalid("\(rows) rows of weights do not divide into \(gates) gates") }
      hidden = .known(rows / gates)
    }
    // Beyond every layer in use: multiples of it then fit an Int.
    if let hidden = hidden.value, hidden > 1 << 32 { throw .invalid("a hidden size of \(hidden) is not possible") }
    if let w {
      input = try merge(input, w[2], "input 0 has \(input) features, the weights W have \(w[2])")
      try expect(w[0], .known(attributes.directions), "input 1 (W) has \(w[0]) directions")
      try expect(w[1], .known(gates) * hidden, "input 1 (W) has \(w[1]) rows, \(gates) gates of \(hidden) need")
    }
    if let r {
      try expect(r[0], .known(attributes.directions), "input 2 (R) has \(r[0]) directions")
      try expect(r[1], .known(gates) * hidden, "input 2 (R) has \(r[1]) rows, \(gates) gates of \(hidden) need")
    }
    try expect(shape(3), 3, [.known(attributes.directions), .known(2 * gates) * hidden])
    try expect(shape(4), 4, [batch])
    try expect(shape(5), 5, state)
    try expect(shape(6), 6, state)
    try expect(shape(7), 7, [.known(attributes.directions), .known(3) * hidden])
  }

  /// The shape of a hidden or cell state.
  var state: [Extent] {
    let directions = Extent.known(attributes.directions)
    return attributes.isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
  }

  /// The shape of the output of all steps.
  var output: [Extent] {
    let directions = Extent.known(attributes.directions)
    return attributes.isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
  }

  private func axes(_ shape: SymbolicShape?, _ index: Int, _ rank: Int) throws(OperatorError) -> [Extent]? {
    guard let dims = shape?.dims else { return nil }
    guard dims.count == rank else { throw .rank(dims.count, input: index, needs: "\(rank)") }
    return dims
  }

  private func merge(_ a: Extent, _ b: Extent, _ message: String) throws(OperatorError) -> Extent {
    guard !a.contradicts(b) else { throw .invalid(message) }
    return a.merged(with: b)
  }

  private func expect(_ found: Extent, _ wanted: Extent, _ message: String) throws(OperatorError) {
    guard !found.contradicts(wanted) else { throw .invalid("\(message), needs \(wanted)") }
  }

  private func expect(_ shape: SymbolicShape?, _ index: Int, _ wanted: [Extent]) throws(OperatorError) {
    guard let dims = try axes(shape, index, wanted.count) else { return }
    guard !zip(dims, wanted).contains(where: { $0.contradicts($1) }) else {
      throw .invalid("input \(index) has shape \(SymbolicShape(dims)), needs \(SymbolicShape(wanted))")
    }
  }
}

extension RecurrentSizes {
  /// The extents, which the inputs of a run say completely.
  init(_ shape: RecurrentShape) throws(OperatorError) {
    guard let steps = shape.steps.value, let batch = shape.batch.value, let input = shape.input.value,
      let hidden = shape.hidden.value
    else { throw .invalid("the shapes of X, W and R do not say all extents") }
    // Sizes of gates are multiples of this: they must fit an Int.
    _ = try product(product(batch, hidden + 64), 256)
    self.init(
      steps: steps, batch: batch, input: input, hidden: hidden, directions: shape.attributes.directions,
      isBatchFirst: shape.attributes.isBatchFirst)
  }
}
