import AviaryCore

/// What went wrong around an operator under test, besides its own errors.
public struct HarnessError: Error, CustomStringConvertible {
  public let description: String
}

/// Runs one operator without a graph: decodes the attributes, infers, prepares where the operator does, runs.
///
/// Also asserts what every operator owes: no attribute is left unread, what `infer` says of the outputs,
/// from types and shapes alone and with constant inputs, agrees with what `run` makes, and so does what a
/// kernel computes where the operator can be bound.
public func runOperator(
  _ type: any Operator.Type, _ inputs: [Tensor?], attributes: [String: AttributeValue] = [:],
  opset: Int? = nil, outputs: Int = 1, constants: Set<Int> = [], parallel: any Parallel = Serial()
) throws -> [Value?] {
  var decoded = Attributes(attributes)
  let opset = opset ?? min(type.opsets.upperBound, 28)
  var op = try type.init(attributes: &decoded, opset: opset)
  guard decoded.unread.isEmpty else { throw HarnessError(description: "unread attributes \(decoded.unread)") }

  let shapesOnly = inputs.map { tensor in
    tensor.map { ValueInfo($0.elementType, $0.shape.dims) } ?? .absent
  }
  let withConstants = inputs.map { $0.map { ValueInfo(constant: .tensor($0)) } ?? .absent }
  let inferred = [try op.infer(shapesOnly), try op.infer(withConstants)]

  if let preparing = op as? any PreparingOperator {
    op = try preparing.prepared(
      inputs.indices.map { constants.contains($0) ? withConstants[$0] : shapesOnly[$0] })
  }
  let context = RunContext(
    inputs: inputs.map { $0.map(Value.tensor) }, outputCount: outputs, parallel: parallel)
  try op.run(context)
  if let binding = op as? any BindingOperator {
    for infos in [shapesOnly, withConstants] {
      try checkKernel(binding, inputs, infos, expected: context.outputs, parallel: parallel)
    }
  }

  for (round, infos) in inferred.enumerated() {
    for (index, info) in infos.enumerated() where index < outputs {
      guard case .tensor(let tensor)? = context.outputs[index] else { continue }
      if let type = info.elementType, type != tensor.elementType {
        throw HarnessError(description: "infer says \(type.name), run makes \(tensor.elementType.name)")
      }
      if let dims = info.shape.dims {
        let agrees =
          dims.count == tensor.shape.rank
          && zip(dims, tensor.shape.dims).allSatisfy { $0.value == nil || $0.value == $1 }
        if !agrees {
          throw HarnessError(
            description: "infer says \(info.shape), run makes \(tensor.shape) (round \(round))")
        }
      }
    }
  }
  return context.outputs
}
