import AviaryCore

/// Runs a graph node by node, in the order that is asked for, and keeps only what is still to be read.
///
/// Nodes run as they stand in the file, by the operators' plain implementations, outside any plan.
struct GraphWalk {
  let program: Program
  private var executor: Executor
  private var readsLeft: [Int]
  private var isDone: [Bool]
  private let producer: [Int?]
  private let slots: [String: Int]

  /// - Parameter inputs: a value for each input of the graph, by name.
  /// - Throws: `ImportError` for attributes that an operator refuses.
  init(_ graph: Graph, inputs: [String: Value], evaluator: NodeEvaluator) throws(ImportError) {
    program = try Program(graph, evaluator: evaluator)
    executor = Executor(program, frame: nil, evaluator: evaluator)
    var (reads, producer) = (
      [Int](repeating: 0, count: program.names.count), [Int?](repeating: nil, count: program.names.count)
    )
    for (index, step) in program.steps.enumerated() {
      for slot in step.reads { reads[slot] += 1 }
      for slot in step.outputs { if let slot { producer[slot] = index } }
    }
    for slot in program.outputs { reads[slot] += 1 }
    readsLeft = reads
    self.producer = producer
    isDone = [Bool](repeating: false, count: program.steps.count)
    slots = Dictionary(program.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    for (slot, declaration) in zip(program.inputs, graph.inputs) { executor[slot] = inputs[declaration.name] }
  }

  /// The value, once its node has run and while somebody is still to read it.
  func value(_ name: String) -> Value? { slots[name].flatMap { executor[$0] } }

  /// Keeps a value until `release`.
  mutating func hold(_ name: String) { if let slot = slots[name] { readsLeft[slot] += 1 } }

  mutating func release(_ name: String) { if let slot = slots[name] { drop(slot) } }

  /// Runs the node that makes the value, and before it what it needs.
  mutating func reach(_ name: String) throws(RunError) {
    if let index = slots[name].flatMap({ producer[$0] }) { try reach(index) }
  }

  /// Runs a node, and before it what it needs.
  ///
  /// - Throws: `RunError` naming the node.
  mutating func reach(_ index: Int) throws(RunError) {
    // Without recursion: graphs are deep.
    var open = [index]
    while let next = open.last {
      guard !isDone[next] else {
        open.removeLast()
        continue
      }
      let missing = program.steps[next].reads.compactMap { producer[$0] }.filter { !isDone[$0] }
      guard missing.isEmpty else {
        open += missing
        continue
      }
      open.removeLast()
      try executor.runAlone(next)
      isDone[next] = true
      for slot in program.steps[next].reads { drop(slot) }
      for slot in program.steps[next].outputs { if let slot, readsLeft[slot] == 0 { executor[slot] = nil } }
    }
  }

  private mutating func drop(_ slot: Int) {
    readsLeft[slot] -= 1
    if readsLeft[slot] <= 0 { executor[slot] = nil }
  }
}
