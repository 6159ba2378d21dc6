import AviaryCore

/// A graph made ready to run: values are numbered slots, nodes are operators.
///
/// Immutable, so that any number of runs may share it.
struct Program: Sendable {
  struct Step: Sendable {
    let node: Node
    let op: any Operator
    /// Slot of each input; `nil` where the model omits it.
    let inputs: [Int?]
    /// Slot of each output; `nil` where nobody wants it.
    let outputs: [Int?]
    let subgraphs: [String: SubProgram]

    /// Every slot the step reads, captured values of its subgraphs included.
    var reads: [Int] { inputs.compactMap { $0 } + subgraphs.values.flatMap { $0.captures.map(\.outer) } }
  }

  /// A subgraph, and which values of the enclosing program it reads.
  struct SubProgram: Sendable {
    let program: Program
    let captures: [(outer: Int, inner: Int)]
  }

  /// Name of the value in each slot.
  let names: [String]
  let inputs: [Int]
  let outputs: [Int]
  /// Slots that hold values of an enclosing program, with their names.
  let captured: [String: Int]
  private(set) var constants: [Int: Value]
  /// Types of constants that were let go because operators keep them in their own form; shapes still
  /// follow from them.
  private(set) var consumed: [Int: ValueType] = [:]
  private(set) var steps: [Step]
  /// Attributes that no operator read, by node: shown by `inspect`.
  let unreadAttributes: [(node: Node, names: [String])]

  /// - Parameter graph: validated, hence in topological order.
  /// - Throws: `ImportError` naming the node.
  init(_ graph: Graph, evaluator: NodeEvaluator) throws(ImportError) {
    var builder = SlotBuilder()
    inputs = graph.inputs.map { builder.slot($0.name) }
    var constants: [Int: Value] = [:]
    for (name, tensor) in graph.initializers { constants[builder.slot(name)] = .tensor(tensor) }

    var captured: [String: Int] = [:]
    for name in graph.freeNames { captured[name] = builder.slot(name) }
    var steps: [Step] = []
    var unread: [(node: Node, names: [String])] = []
    for node in graph.nodes {
      let (op, unreadNames) = try evaluator.makeOperator(node)
      if !unreadNames.isEmpty { unread.append((node, unreadNames)) }
      var subgraphs: [String: SubProgram] = [:]
      for (name, subgraph) in node.subgraphs {
        let program = try Program(subgraph, evaluator: evaluator)
        let captures = program.captured.map { (outer: builder.slot($0.key), inner: $0.value) }
        subgraphs[name] = SubProgram(program: program, captures: captures.sorted { $0.outer < $1.outer })
        unread += program.unreadAttributes
      }
      steps.append(
        Step(
          node: node, op: op, inputs: node.inputs.map { $0.isEmpty ? nil : builder.slot($0) },
          outputs: node.outputs.map { $0.isEmpty ? nil : builder.slot($0) }, subgraphs: subgraphs))
    }
    outputs = graph.outputs.map { builder.slot($0.name) }
    names = builder.names
    self.captured = captured
    self.constants = constants
    self.steps = steps
    self.unreadAttributes = unread
  }

  /// Lets operators turn constant inputs into their own form, then drops constants that nobody reads
  /// any more.
  mutating func prepare(_ infos: [ValueInfo]) throws(ImportError) {
    var reads = [Int](repeating: 0, count: names.count)
    for slot in outputs { reads[slot] += 1 }
    for index in steps.indices {
      let step = steps[index]
      var taken: Set<Int> = []
      if let op = step.op as? any PreparingOperator {
        do {
          let prepared = try op.prepared(step.inputs.map { $0.map { infos[$0] } ?? .absent })
          taken = (prepared as? any PreparingOperator)?.consumedInputs ?? []
          steps[index] = Step(
            node: step.node, op: prepared, inputs: step.inputs, outputs: step.outputs,
            subgraphs: step.subgraphs)
        } catch {
          throw ImportError(.invalidGraph, error.message, node: step.node)
        }
      }
      for (position, slot) in step.inputs.enumerated() {
        if let slot, !taken.contains(position) { reads[slot] += 1 }
      }
      for subgraph in step.subgraphs.values {
        for capture in subgraph.captures { reads[capture.outer] += 1 }
      }
    }
    for (slot, value) in constants where reads[slot] == 0 {
      consumed[slot] = value.type
      constants[slot] = nil
    }
  }
}

/// Hands out numbers for names.
private struct SlotBuilder {
  var names: [String] = []
  private var slots: [String: Int] = [:]

  mutating func slot(_ name: String) -> Int {
    if let slot = slots[name] { return slot }
    slots[name] = names.count
    names.append(name)
    return names.count - 1
  }
}
