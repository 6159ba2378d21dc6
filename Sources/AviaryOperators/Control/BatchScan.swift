import AviaryCore

/// Scan as opset 8 has it: the first axis of every input and output is a batch; each entry is scanned along
/// the second axis, up to its entry in `sequence_lens`, and outputs are filled up with zeros.
///
/// ONNX `Scan`, opset 8.
struct BatchScan: SubgraphOperator {
  static let id = OperatorID("Scan")
  static let opsets = 8...8

  private let scannedInputs: Int
  private let scan: Scan

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    _ = try attributes.graph("body").required("body")
    scannedInputs = try attributes.int("num_scan_inputs").required("num_scan_inputs")
    guard scannedInputs > 0 else {
      throw ImportError(
        .invalidAttribute, "attribute 'num_scan_inputs' is \(scannedInputs), must be positive")
    }
    scan = Scan(scannedInputs: scannedInputs, inputDirections: try attributes.ints("directions") ?? [])
  }

  func infer(
    _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> [ValueInfo] {
    let entries = inputs.dropFirst().map { info in
      ValueInfo(info.elementType, SymbolicShape(info.shape.dims.map { Array($0.dropFirst()) }))
    }
    return try scan.infer(entries, subgraphs: subgraphs).map { ValueInfo($0.elementType, .unknown) }
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    var tensors: [Tensor] = []
    for index in 1..<max(1, context.inputs.count) { tensors.append(try context.input(index)) }
    let state = tensors.count - scannedInputs
    guard state >= 0, let batch = tensors.first?.shape.dims.first,
      tensors.allSatisfy({ $0.shape.dims.first == batch }),
      tensors[state...].allSatisfy({ $0.shape.rank >= 2 })
    else { throw .invalid("the inputs do not share a batch axis, or are too few") }
    let lengths = try context.integerList(0)
    let steps = tensors[state].shape[1]
    guard lengths?.count ?? batch == batch, (lengths ?? []).allSatisfy({ $0 >= 0 && $0 <= steps }) else {
      throw .invalid("sequence_lens \(lengths ?? []) do not fit \(batch) sequences of \(steps)")
    }
    var results = [[Tensor]](repeating: [], count: context.outputs.count)
    for entry in 0..<batch {
      var inputs: [Value?] = []
      for (index, tensor) in tensors.enumerated() {
        var part = try run(Gather(axis: 0), [tensor, scalar(entry)], context)
        if let length = lengths?[entry], index >= state {
          part = try run(Slice(), [part, vector(0), vector(length)], context)
        }
        inputs.append(.tensor(part))
      }
      let inner = RunContext(
        inputs: inputs, outputCount: results.count, limits: context.limits, parallel: context.parallel)
      try scan.run(inner, subgraphs: subgraphs)
      for k in results.indices {
        guard var tensor = inner.outputs[k]?.tensor else { throw .invalid("output \(k) is missing") }
        if k >= state, let length = lengths?[entry], length < steps {
          var pads = [Int](repeating: 0, count: 2 * tensor.shape.rank)
          pads[tensor.shape.rank] = steps - length
          tensor = try run(Pad(), [tensor, vector(pads)], context)
        }
        results[k].append(tensor)
      }
    }
    for (k, parts) in results.enumerated() {
      guard let first = parts.first else { throw .invalid("the batch is empty") }
      context.set(k, try concatenated(parts, first, isNewAxis: true, axis: 0, context))
    }
  }

  private func run(
    _ op: any Operator, _ inputs: [Tensor], _ context: RunContext
  ) throws(OperatorError) -> Tensor {
    let inner = RunContext(
      inputs: inputs.map { .tensor($0) }, outputCount: 1, limits: context.limits,
      parallel: context.parallel)
    try op.run(inner)
    guard let tensor = inner.outputs[0]?.tensor else { throw .invalid("\(type(of: op).id) gave nothing") }
    return tensor
  }

  private func scalar(_ value: Int) throws(OperatorError) -> Tensor {
    try checked { () throws(TensorError) in try Tensor(scalar: Int64(value)) }
  }

  private func vector(_ values: Int...) throws(OperatorError) -> Tensor { try vector(values) }

  private func vector(_ values: [Int]) throws(OperatorError) -> Tensor {
    try checked { () throws(TensorError) in try Tensor(values.map { Int64($0) }) }
  }
}
