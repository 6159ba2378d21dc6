import AviaryCore
import AviaryKernels

/// Runs `body` once for every slice of the scanned inputs. The body takes the state and one slice of each,
/// and gives the state and one slice of each scanned output.
///
/// ONNX `Scan` since opset 9: any axis and direction. Before, `BatchScan`.
struct Scan: SubgraphOperator {
  static let id = OperatorID("Scan")
  static let opsets = 9...Opset.latest

  private let scannedInputs: Int
  private let inputAxes: [Int]
  private let inputDirections: [Int]
  private let outputAxes: [Int]
  private let outputDirections: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    _ = try attributes.graph("body").required("body")
    scannedInputs = try attributes.int("num_scan_inputs").required("num_scan_inputs")
    guard scannedInputs > 0 else {
      throw ImportError(
        .invalidAttribute, "attribute 'num_scan_inputs' is \(scannedInputs), must be positive")
    }
    inputAxes = try attributes.ints("scan_input_axes") ?? []
    inputDirections = try attributes.ints("scan_input_directions") ?? []
    outputAxes = try attributes.ints("scan_output_axes") ?? []
    outputDirections = try attributes.ints("scan_output_directions") ?? []
  }

  /// All axes 0, all directions forward but for the inputs'.
  init(scannedInputs: Int, inputDirections: [Int]) {
    self.scannedInputs = scannedInputs
    self.inputDirections = inputDirections
    (inputAxes, outputAxes, outputDirections) = ([], [], [])
  }

  func infer(
    _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> [ValueInfo] {
    guard let body = subgraphs["body"] else { return [] }
    let state = try stateCount(inputs.count)
    var entering = inputs.prefix(state).map { ValueInfo($0.type.withoutShape) }
    for k in 0..<scannedInputs {
      let info = inputs[state + k]
      var dims = info.shape.dims
      if let rank = dims?.count { dims?.remove(at: try normalizedAxis(inputAxis(k), rank: rank)) }
      entering.append(ValueInfo(info.elementType, SymbolicShape(dims)))
    }
    let results = try body.infer(entering)
    guard results.count >= state else { throw .invalid("the body gives \(results.count) values") }
    return results.prefix(state).map { ValueInfo($0.type.withoutShape) }
      + results.dropFirst(state).enumerated().map { k, info in
        outputAxis(k) == 0
          ? info.stacked : ValueInfo(info.elementType, info.rank.map { .rank($0 + 1) } ?? .unknown)
      }
  }

  private func stateCount(_ inputs: Int) throws(OperatorError) -> Int {
    guard inputs >= scannedInputs else {
      throw .invalid("\(inputs) inputs, of which \(scannedInputs) should be scanned")
    }
    return inputs - scannedInputs
  }

  private func inputAxis(_ k: Int) -> Int { inputAxes.indices.contains(k) ? inputAxes[k] : 0 }
  private func outputAxis(_ k: Int) -> Int { outputAxes.indices.contains(k) ? outputAxes[k] : 0 }
  private func isReversed(_ directions: [Int], _ k: Int) -> Bool {
    directions.indices.contains(k) && directions[k] != 0
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    guard let body = subgraphs["body"] else { throw .invalid("the graph 'body' is missing") }
    let state = try stateCount(context.inputs.count)
    var values: [Value] = []
    for index in 0..<state { values.append(try context.value(index)) }
    var scanned: [(data: Tensor, axis: Int)] = []
    for k in 0..<scannedInputs {
      let data = try context.input(state + k)
      scanned.append((data, try normalizedAxis(inputAxis(k), rank: data.shape.rank)))
    }
    let steps = scanned[0].data.shape[scanned[0].axis]
    guard scanned.allSatisfy({ $0.data.shape[$0.axis] == steps }) else {
      throw .invalid("the scanned inputs have different lengths")
    }
    let outputs = max(0, context.outputs.count - state)
    var slices = [ScannedOutput](repeating: ScannedOutput(), count: outputs)
    for step in 0..<steps {
      var inputs = values
      for (k, entry) in scanned.enumerated() {
        let place = isReversed(inputDirections, k) ? steps - 1 - step : step
        inputs.append(.tensor(try slice(entry.data, axis: entry.axis, at: place, context)))
      }
      let results = try body.run(inputs)
      guard results.count >= state + outputs else {
        throw .invalid("the body gives \(results.count) values, needs \(state + outputs)")
      }
      values = Array(results[..<state])
      for k in 0..<outputs { try slices[k].append(results[state + k], limits: context.limits) }
    }
    for (index, value) in values.enumerated() { context.set(index, value) }
    let types =
      steps > 0
      ? []
      : try infer(
        context.inputs.map { $0.map { ValueInfo($0.type) } ?? .absent }, subgraphs: subgraphs)
    for k in 0..<outputs where context.wants(state + k) {
      let type = types.indices.contains(state + k) ? types[state + k] : .unknown
      context.set(
        state + k,
        .tensor(
          try slices[k].stacked(
            axis: outputAxis(k), isReversed: isReversed(outputDirections, k), ifEmpty: type, context)))
    }
  }

  private func slice(
    _ data: Tensor, axis: Int, at place: Int, _ context: RunContext
  ) throws(OperatorError) -> Tensor {
    let index = try checked { () throws(TensorError) in try Tensor(scalar: Int64(place)) }
    let inner = RunContext(
      inputs: [.tensor(data), .tensor(index)], outputCount: 1, limits: context.limits,
      parallel: context.parallel)
    try Gather(axis: axis).run(inner)
    guard let tensor = inner.outputs[0]?.tensor else { throw .invalid("a slice could not be made") }
    return tensor
  }
}
