import AviaryCore

/// Runs `body` for every element of the first sequence, with the elements of the other sequences at the same
/// position and the tensors as they are; each output is the sequence of what the body gives.
///
/// ONNX `SequenceMap`, all versions.
struct SequenceMap: SubgraphOperator {
  static let id = OperatorID("SequenceMap")
  static let opsets = 17...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    _ = try attributes.graph("body").required("body")
  }

  func infer(
    _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
  ) throws(OperatorError) -> [ValueInfo] {
    guard let body = subgraphs["body"] else { return [] }
    let entering = inputs.map { $0.sequenceElement.map { ValueInfo($0.withoutShape) } ?? $0 }
    return try body.infer(entering).map { ValueInfo(.sequence($0.type.withoutShape)) }
  }

  func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
    guard let body = subgraphs["body"] else { throw .invalid("the graph 'body' is missing") }
    let count = try context.sequence(0).elements.count
    var columns: [[Value]] = []
    for index in context.inputs.indices {
      guard case .sequence(let elements, _) = try context.value(index) else {
        columns.append([Value](repeating: try context.value(index), count: count))
        continue
      }
      guard elements.count == count else {
        throw .invalid("input \(index) is a sequence of \(elements.count), the first of \(count)")
      }
      columns.append(elements)
    }
    var results = [[Value]](repeating: [], count: context.outputs.count)
    for row in 0..<count {
      let values = try body.run(columns.map { $0[row] })
      guard values.count >= results.count else {
        throw .invalid("the body gives \(values.count) values, needs \(results.count)")
      }
      for k in results.indices { results[k].append(values[k]) }
    }
    let types = try infer(
      context.inputs.map { $0.map { ValueInfo($0.type) } ?? .absent }, subgraphs: subgraphs)
    for (k, elements) in results.enumerated() {
      let known = types.indices.contains(k) ? types[k].sequenceElement : nil
      context.set(k, .sequence(elements, of: elements.first?.type.withoutShape ?? known ?? .unknown))
    }
  }
}
