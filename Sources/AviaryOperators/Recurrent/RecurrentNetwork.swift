import AviaryCore
import AviaryKernels

/// What RNN, GRU and LSTM share: types, shapes, packed weights, and the run.
struct RecurrentNetwork: Sendable {
  let kind: RecurrentKind
  let attributes: RecurrentAttributes
  /// Parameters that are constant, packed when the model was loaded.
  private var weights: RecurrentWeights?

  init(_ kind: RecurrentKind, _ attributes: RecurrentAttributes) {
    self.kind = kind
    self.attributes = attributes
  }

  private var isLSTM: Bool { if case .lstm = kind { true } else { false } }
  /// Inputs that hold numbers of the layer's type, without X.
  private var parameters: [Int] { isLSTM ? [1, 2, 3, 5, 6, 7] : [1, 2, 3, 5] }
  private var weightInputs: [Int] { isLSTM ? [1, 2, 3, 7] : [1, 2, 3] }

  private func shape(_ shapes: [SymbolicShape?]) throws(OperatorError) -> RecurrentShape {
    // Inputs 6 and 7 belong to LSTM alone.
    try RecurrentShape(isLSTM ? shapes : Array(shapes.prefix(6)), attributes, gates: kind.gates)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    for index in [1, 2] { _ = try inputs.required(index) }
    for index in parameters where inputs.at(index) != nil {
      let other = try checkedType(inputs, index, .reals)
      if let type, let other, type != other { throw .type(other, input: index) }
    }
    if inputs.at(4) != nil { _ = try checkedType(inputs, 4, [.int32]) }
    let shape = try shape(inputs.indices.map { inputs.at($0)?.shape })
    let state = ValueInfo(type, SymbolicShape(shape.state))
    return [ValueInfo(type, SymbolicShape(shape.output)), state] + (isLSTM ? [state] : [])
  }

  /// The same with constant parameters packed.
  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> RecurrentNetwork {
    var tensors: [Int: Tensor] = [:]
    for index in weightInputs {
      guard let info = inputs.at(index) else { continue }
      guard let tensor = info.tensor else { return self }
      tensors[index] = tensor
    }
    guard let w = tensors[1], tensors[2] != nil, let compute = w.elementType.computeType,
      Set<ElementType>.reals.contains(w.elementType), tensors.values.allSatisfy({ $0.elementType == w.elementType })
    else { return self }
    // Shapes that contradict each other are the run's to refuse, with everything known.
    let shapes = inputs.indices.map { inputs.at($0)?.shape }
    guard let shape = try? shape(shapes), let units = shape.hidden.value, w.shape.rank == 3 else { return self }
    let context = RunContext(inputs: [], outputCount: 0)
    var prepared = self
    prepared.weights = try pack(context, tensors, units: units, inputs: w.shape[2], compute)
    return prepared
  }

  private func pack(
    _ context: RunContext, _ tensors: [Int: Tensor], units: Int, inputs: Int, _ compute: ComputeType
  ) throws(OperatorError) -> RecurrentWeights {
    func address(_ index: Int) throws(OperatorError) -> UnsafeRawPointer? {
      guard let tensor = tensors[index] else { return nil }
      return try context.address(of: tensor, in: compute)
    }
    guard let input = try address(1), let recurrent = try address(2) else { throw .missingInput(1) }
    let source = RecurrentWeights.Source(
      input: input, recurrent: recurrent, bias: try address(3), peepholes: try address(7))
    let weights = try checked { () throws(TensorError) in
      try RecurrentWeights(
        isDouble: compute == .double, kind: kind, units: units, inputs: inputs, source,
        activations: attributes.activations)
    }
    withExtendedLifetime((tensors, context)) {}
    return weights
  }

  // MARK: Run

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    var shapes: [SymbolicShape?] = [SymbolicShape(x.shape)]
    for index in 1..<8 {
      let tensor = try context.optionalInput(index)
      if let tensor, parameters.contains(index), tensor.elementType != x.elementType {
        throw .type(tensor.elementType, input: index)
      }
      shapes.append(tensor.map { SymbolicShape($0.shape) })
    }
    guard shapes[1] != nil else { throw .missingInput(1) }
    guard shapes[2] != nil else { throw .missingInput(2) }
    let shape = try shape(shapes)
    let sizes = try RecurrentSizes(shape)
    // A run takes as long as the output of all steps is large, whether or not somebody reads it.
    let steps = try product(product(sizes.steps, sizes.batch), sizes.hidden)
    guard steps <= context.limits.tensorBytes / 4 else { throw .resource("\(sizes.steps) steps are too many") }
    let weights = try weights(context, sizes, compute)
    let layer = RecurrentRun(
      sizes: sizes, kind: kind, clip: attributes.clip, weights: weights, isReverse: attributes.isReverse)
    guard let count = layer.scratchCount(threads: context.parallel.threads) else {
      throw .resource("the gates of \(sizes.batch) sequences of \(sizes.hidden) units are too many")
    }
    let scratch = try context.scratch(count, in: compute)
    var values = RecurrentRun.Values(x: try context.address(of: x, in: compute))
    values.lengths = try lengths(context, sizes)
    values.hidden = try state(context, 5, compute)
    if isLSTM { values.cell = try state(context, 6, compute) }
    let dims = try [shape.output, shape.state].map { extents throws(OperatorError) -> [Int] in
      guard let dims = SymbolicShape(extents).known else { throw .invalid("an extent is not known") }
      return dims
    }
    let outputs = [dims[0], dims[1]] + (isLSTM ? [dims[1]] : [])
    let wanted = outputs.indices.filter { context.wants($0) }
    try run(context, wanted[...], outputs, x.elementType, compute) { targets in
      var values = values
      values.y = targets[0]
      values.lastHidden = targets[1]
      values.lastCell = targets[2]
      layer.run(values, scratch: scratch, parallel: context.parallel)
    }
  }

  /// Makes the wanted outputs one inside the other, then lets `body` write them.
  private func run(
    _ context: RunContext, _ wanted: ArraySlice<Int>, _ dims: [[Int]], _ type: ElementType, _ compute: ComputeType,
    _ targets: [UnsafeMutableRawPointer?] = [nil, nil, nil], _ body: ([UnsafeMutableRawPointer?]) -> Void
  ) throws(OperatorError) {
    guard let index = wanted.first else { return body(targets) }
    try context.makeResult(index, type, dims[index], in: compute) { address throws(OperatorError) in
      var targets = targets
      targets[index] = address
      try run(context, wanted.dropFirst(), dims, type, compute, targets, body)
    }
  }

  private func weights(
    _ context: RunContext, _ sizes: RecurrentSizes, _ compute: ComputeType
  ) throws(OperatorError) -> RecurrentWeights {
    if let weights { return weights }
    var tensors: [Int: Tensor] = [:]
    for index in weightInputs { tensors[index] = try context.optionalInput(index) }
    return try pack(context, tensors, units: sizes.hidden, inputs: sizes.input, compute)
  }

  private func state(
    _ context: RunContext, _ index: Int, _ compute: ComputeType
  ) throws(OperatorError) -> UnsafeRawPointer? {
    guard let tensor = try context.optionalInput(index) else { return nil }
    return try context.address(of: tensor, in: compute)
  }

  private func lengths(_ context: RunContext, _ sizes: RecurrentSizes) throws(OperatorError) -> [Int]? {
    guard let tensor = try context.optionalInput(4) else { return nil }
    guard tensor.elementType == .int32 else { throw .type(tensor.elementType, input: 4) }
    let lengths = try context.integers(4)
    if let wrong = lengths.first(where: { $0 < 0 || $0 > sizes.steps }) {
      throw .invalid("sequence_lens holds \(wrong), must lie in 0 ... \(sizes.steps)")
    }
    return lengths
  }
}
