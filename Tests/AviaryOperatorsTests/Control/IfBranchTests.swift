import AviaryCore
import Testing

@testable import AviaryOperators

/// A branch that makes a tensor of a shape, or that cannot be.
private struct Branch: Subgraph {
  let dims: [Int]?

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    guard let dims else { throw .invalid("this branch does not fit") }
    return [ValueInfo(.float, dims)]
  }

  func run(_ inputs: [Value]) throws(OperatorError) -> [Value] {
    guard let dims else { throw .invalid("this branch does not fit") }
    do { return [.tensor(try Tensor([Float](repeating: 1, count: dims[0]), shape: Shape(dims)))] } catch {
      throw OperatorError(error)
    }
  }
}

private func makeIf() throws -> If {
  var attributes = Attributes(["then_branch": .graph(Graph()), "else_branch": .graph(Graph())])
  return try If(attributes: &attributes, opset: 16)
}

@Test("A branch that does not fit the shapes at hand does no harm unless it is taken")
func ifIgnoresTheOtherBranch() throws {
  let op = try makeIf()
  let condition = ValueInfo(.bool, [Int]())
  for (yes, no) in [([2], nil), (nil, [2])] as [([Int]?, [Int]?)] {
    let branches: [String: any Subgraph] = ["then_branch": Branch(dims: yes), "else_branch": Branch(dims: no)]
    #expect(try op.infer([condition], subgraphs: branches)[0].shape.known == [2])
    for taken in [true, false] {
      let context = RunContext(inputs: [.tensor(try Tensor(scalar: taken))], outputCount: 1)
      if (taken ? yes : no) == nil {
        #expect(throws: OperatorError.self) { try op.run(context, subgraphs: branches) }
      } else {
        try op.run(context, subgraphs: branches)
        #expect(context.outputs[0]?.tensor?.shape.dims == [2])
      }
    }
  }
  let neither: [String: any Subgraph] = ["then_branch": Branch(dims: nil), "else_branch": Branch(dims: nil)]
  #expect(throws: OperatorError.self) { try op.infer([condition], subgraphs: neither) }
}
