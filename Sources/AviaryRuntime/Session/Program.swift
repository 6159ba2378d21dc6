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
    /// The operator, where it runs subgraphs. Asked for in every run, and a cast to a protocol is slow.
    let subgraphOperator: (any SubgraphOperator)?
    /// The slot that the first output is a view of, where the operator makes views. One that draws (Dropout,
    /// which may train) makes a view only at times, which nobody can plan for.
    let viewedSlot: Int?

    init(
      node: Node, op: any Operator, inputs: [Int?], outputs: [Int?], subgraphs: [String: SubProgram]
    ) {
      (self.node, self.op, self.inputs, self.outputs, self.subgraphs) = (node, op, inputs, outputs, subgraphs)
      subgraphOperator = op as? any SubgraphOperator
      if op.isDeterministic, let view = op as? any ViewOperator, inputs.indices.contains(view.viewedInput) {
        viewedSlot = inputs[view.viewedInput]
      } else {
        viewedSlot = nil
      }
    }

    /// Every slot the step reads, captured values of its subgraphs included.
    var reads: [Int] { inputs.compactMap { $0 } + subgraphs.values.flatMap { $0.captures.map(\.outer) } }
  }

  /// A subgraph, and which values of the enclosing program it reads.
  struct SubProgram: Sendable {
    var program: Program
    /// In the order in which the program has them among its inputs.
    let captures: [(outer: Int, inner: Int)]
    let plans = SubgraphPlans()
  }

  /// Name of the value in each slot.
  let names: [String]
  /// Slots of what the graph declares, then of what it captures from the graphs around it.
  let inputs: [Int]
  /// How many of `inputs` the graph declares.
  let declaredInputs: Int
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

  /// - Parameters:
  ///   - graph: validated, hence in topological order.
  ///   - enclosing: constants of the graphs around it, which are its own as well.
  /// - Throws: `ImportError` naming the node.
  init(
    _ graph: Graph, evaluator: NodeEvaluator, enclosing: [String: Tensor] = [:]
  ) throws(ImportError) {
    var builder = SlotBuilder()
    let declared = graph.inputs.map { builder.slot($0.name) }
    var constants: [Int: Value] = [:]
    for (name, tensor) in graph.initializers { constants[builder.slot(name)] = .tensor(tensor) }

    var captured: [String: Int] = [:]
    for name in graph.freeNames {
      let slot = builder.slot(name)
      if let tensor = enclosing[name] { constants[slot] = .tensor(tensor) } else { captured[name] = slot }
    }
    inputs = declared + captured.values.sorted()
    declaredInputs = declared.count
    let visible = graph.nodes.contains { !$0.subgraphs.isEmpty } ? graph.constantsInside(enclosing) : [:]
    var steps: [Step] = []
    var unread: [(node: Node, names: [String])] = []
    for node in graph.nodes {
      let (op, unreadNames) = try evaluator.makeOperator(node)
      if !unreadNames.isEmpty { unread.append((node, unreadNames)) }
      var subgraphs: [String: SubProgram] = [:]
      for (name, subgraph) in node.subgraphs {
        let program = try Program(subgraph, evaluator: evaluator, enclosing: visible)
        let captures = program.captured.map { (outer: builder.slot($0.key), inner: $0.value) }
        subgraphs[name] = SubProgram(program: program, captures: captures.sorted { $0.inner < $1.inner })
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
  /// any more. The same in subgraphs, whose inputs are not known yet.
  mutating func prepare(_ infos: [ValueInfo], evaluator: NodeEvaluator) throws(ImportError) {
    var reads = [Int](repeating: 0, count: names.count)
    for slot in outputs { reads[slot] += 1 }
    for index in steps.indices {
      var step = steps[index]
      if !step.subgraphs.isEmpty {
        step = Step(
          node: step.node, op: step.op, inputs: step.inputs, outputs: step.outputs,
          subgraphs: step.subgraphs.mapValues { $0.prepared(infos, evaluator: evaluator) })
        steps[index] = step
      }
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

extension Program.SubProgram {
  /// - Parameter infos: what is known of the enclosing program's values.
  fileprivate func prepared(_ infos: [ValueInfo], evaluator: NodeEvaluator) -> Program.SubProgram {
    var given: [Int: ValueInfo] = [:]
    for capture in captures { given[capture.inner] = infos[capture.outer] }
    var prepared = self
    do {
      let inference = try Inference(program, given: given, evaluator: evaluator)
      try prepared.program.prepare(inference.infos, evaluator: evaluator)
    } catch {
      // A branch that does not fit what is known does no harm unless it is taken, and then says what is wrong.
      return self
    }
    return prepared
  }
}

extension Graph {
  /// The constants that subgraphs of this graph see: its own, and those around it that it does not hide.
  fileprivate func constantsInside(_ enclosing: [String: Tensor]) -> [String: Tensor] {
    var constants = enclosing
    for input in inputs { constants[input.name] = nil }
    for node in nodes {
      for output in node.outputs { constants[output] = nil }
    }
    return constants.merging(initializers) { _, own in own }
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
