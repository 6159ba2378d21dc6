import AviaryCore

/// Operators with obvious results, to test the runtime without trusting the real ones.
enum Toy {
  static let domain = "toy"
  static func registry() throws -> OperatorRegistry {
    try OperatorRegistry([
      AddOne.self, Plus.self, View.self, PassThrough.self, Pair.self, Branch.self, BoundAddOne.self,
      BoundPlus.self,
    ])
  }

  private static func sameShape(_ inputs: [ValueInfo]) -> [ValueInfo] {
    [ValueInfo(inputs.first?.elementType, inputs.first?.shape ?? .unknown)]
  }

  /// `x + 1`, over its input where it may.
  struct AddOne: InPlaceOperator {
    static let id = OperatorID("AddOne", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    var overwritableInputs: [Int] { [0] }
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { Toy.sameShape(inputs) }
    func run(_ context: RunContext) throws(OperatorError) {
      let x: UnsafeBufferPointer<Float> = try context.elements(0)
      let y = try context.make(0, try context.input(0).shape.dims, as: Float.self)
      for index in x.indices { y[index] = x[index] + 1 }
    }
  }

  /// `a + b`, same shapes.
  struct Plus: Operator {
    static let id = OperatorID("Plus", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { Toy.sameShape(inputs) }
    func run(_ context: RunContext) throws(OperatorError) {
      let a: UnsafeBufferPointer<Float> = try context.elements(0)
      let b: UnsafeBufferPointer<Float> = try context.elements(1)
      let y = try context.make(0, try context.input(0).shape.dims, as: Float.self)
      for index in a.indices { y[index] = a[index] + b[index] }
    }
  }

  /// The input as a vector, without moving bytes.
  struct View: ViewOperator {
    static let id = OperatorID("View", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    var viewedInput: Int { 0 }
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] {
      [ValueInfo(inputs.first?.elementType, inputs.first?.shape.known.map { [$0.reduce(1, *)] } ?? [])]
    }
    func run(_ context: RunContext) throws(OperatorError) {
      let tensor = try context.input(0)
      do { context.set(0, try tensor.reshaped(to: .vector(tensor.count))) } catch { throw OperatorError(error) }
    }
  }

  /// Hands its input on without telling the planner.
  struct PassThrough: Operator {
    static let id = OperatorID("PassThrough", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { Toy.sameShape(inputs) }
    func run(_ context: RunContext) throws(OperatorError) { context.set(0, try context.value(0)) }
  }

  /// Both inputs as a sequence.
  struct Pair: Operator {
    static let id = OperatorID("Pair", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) {}
    func infer(_ inputs: [ValueInfo]) -> [ValueInfo] { [ValueInfo(.sequence(.tensor(.float, .unknown)))] }
    func run(_ context: RunContext) throws(OperatorError) {
      context.set(0, .sequence([try context.value(0), try context.value(1)], of: .tensor(.float, .unknown)))
    }
  }

  /// Runs its subgraph `body`, which takes nothing and captures what it needs.
  struct Branch: SubgraphOperator {
    static let id = OperatorID("Branch", domain: Toy.domain)
    static let opsets = 1...1
    init(attributes: inout Attributes, opset: Int) { attributes.ignore("body") }
    func infer(
      _ inputs: [ValueInfo], subgraphs: [String: any Subgraph]
    ) throws(OperatorError) -> [ValueInfo] { try subgraphs["body"]?.infer([]) ?? [.unknown] }
    func run(_ context: RunContext, subgraphs: [String: any Subgraph]) throws(OperatorError) {
      guard let body = subgraphs["body"] else { throw .invalid("no body") }
      for (index, value) in try body.run([]).enumerated() { context.set(index, value) }
    }
  }
}
