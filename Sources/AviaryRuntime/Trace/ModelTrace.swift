import AviaryCore

/// Runs a model beside another one, or beside recorded values, and stops where they part.
public struct ModelTrace {
  /// What was recorded of a value.
  public enum Recorded: Sendable {
    case tensor(Tensor)
    case fingerprint(ValueFingerprint)
  }

  private let session: Session
  private let inputs: [String: Value]
  /// The largest relative difference that counts as equal.
  public var tolerance = 1e-4
  /// Go on after the first difference and keep every step.
  public var all = false

  /// - Parameter inputs: a value for each input of the model.
  public init(_ session: Session, inputs: [String: Value]) {
    self.session = session
    self.inputs = inputs
  }

  /// What `run` collects.
  private struct Findings {
    var compared = 0
    var largest = 0.0
    var first: TraceReport.Divergence?
    var steps: [TraceReport.Step] = []
    var outputs: [TraceReport.Step] = []
    var notes: [String] = []
  }

  private struct Outcome {
    var relative: Double?
    var difference: TensorDifference?
    var otherShape: [Int]?
    var problem: String?
  }

  // MARK: Two models

  /// Compares with another model, node by node as far as nodes have counterparts. In memory are the values
  /// that are still to be read, of both.
  ///
  /// - Parameter inputs: for the other model.
  /// - Throws: `RunError` naming the node; `ImportError`.
  public func compare(with other: Session, inputs otherInputs: [String: Value]) throws -> TraceReport {
    let usual = try session.run(inputs)
    _ = try other.run(otherInputs)
    let (a, b) = (session.importedGraph, other.importedGraph)
    let matching = GraphMatching(
      GraphView(a, evaluator: session.evaluator), GraphView(b, evaluator: other.evaluator))
    var walk = try GraphWalk(a, inputs: inputs, evaluator: session.evaluator)
    var second = try GraphWalk(b, inputs: otherInputs, evaluator: other.evaluator)
    for output in a.outputs { walk.hold(output.name) }
    for output in b.outputs { second.hold(output.name) }
    var findings = Findings()
    for index in matching.first.live {
      guard let pair = matching.pairs[index] else { continue }
      let (node, counterpart) = (a.nodes[index], b.nodes[pair])
      let names = zip(node.outputs, counterpart.outputs).filter { !$0.isEmpty && !$1.isEmpty }
      for (x, y) in names {
        walk.hold(x)
        second.hold(y)
      }
      try walk.reach(index)
      try second.reach(pair)
      for (x, y) in names {
        let outcome = judge(walk.value(x), with: second.value(y))
        note(outcome, node, x, walk.value(x), &findings) {
          divergence(outcome, node, x, walk.value(x), matching: matching, index, pair)
        }
        walk.release(x)
        second.release(y)
      }
      findings.compared += 1
      if findings.first != nil, !all { break }
    }
    if findings.first == nil || all {
      for (x, y) in zip(a.outputs, b.outputs) {
        try walk.reach(x.name)
        try second.reach(y.name)
        let outcome = judge(walk.value(x.name), with: second.value(y.name))
        finish(outcome, x.name, walk.value(x.name), matching, &findings)
      }
    }
    if findings.first == nil, !GraphDifference(matching, evaluator: session.evaluator).isSame {
      findings.notes.append(
        "the models are not the same ('aviary diff'), but with this input it does not show")
    }
    return report(
      findings, reference: other.model?.file ?? "model", nodes: matching.first.live.count,
      optimized: findings.first == nil ? try optimized(walk, usual) : nil)
  }

  /// A graph output; one that differs although all that could be compared agrees lies behind nodes without a
  /// counterpart.
  private func finish(
    _ outcome: Outcome, _ name: String, _ value: Value?, _ matching: GraphMatching, _ findings: inout Findings
  ) {
    let view = matching.first
    let index = view.producer[view.canonical(name)]
    let node = index.map { view.graph.nodes[$0] }
    findings.outputs.append(
      .init(
        node: node?.label ?? "", operator: node.map { "\($0.id)" } ?? "", value: name,
        relative: outcome.relative))
    guard findings.first == nil, !(outcome.relative.map { $0 <= tolerance } ?? false), let index, let node
    else { return }
    findings.first = divergence(outcome, node, name, value, matching: matching, index, nil)
  }

  private func divergence(
    _ outcome: Outcome, _ node: Node, _ name: String, _ value: Value?, matching: GraphMatching, _ index: Int,
    _ pair: Int?
  ) -> TraceReport.Divergence {
    let (a, b) = (matching.first, matching.second)
    var weights: [GraphDifference.WeightChange] = []
    var attributes: [Change] = []
    if let pair {
      let counterpart = b.graph.nodes[pair]
      attributes = AttributeComparison(evaluator: session.evaluator).changes(node, counterpart)
      weights = matching.inputPairs(index, pair).compactMap { p, q in
        let (x, y) = (node.inputs[p], counterpart.inputs[q])
        guard !x.isEmpty, !y.isEmpty, a.isConstant(x), b.isConstant(y) else { return nil }
        return GraphDifference.weight(x, y, index, p, pair, matching)
      }
    }
    let last = pair ?? b.graph.outputs.first.flatMap { b.producer[b.canonical($0.name)] }
    let other = pair.map { b.graph.nodes[$0].label }
    return TraceReport.Divergence(
      node: node.label, operator: "\(node.id)", other: other == node.label ? nil : other, value: name,
      shape: value?.tensor?.shape.dims ?? [], otherShape: outcome.otherShape, difference: outcome.difference,
      problem: outcome.problem, attributes: attributes, weights: weights,
      onlyFirst: unmatched(before: index, a) { matching.pairs[$0] != nil },
      onlySecond: last.map { unmatched(before: $0, b) { matching.inverse[$0] != nil } } ?? [])
  }

  /// Nodes without a counterpart between a node and what agrees before it, the node itself included.
  private func unmatched(
    before index: Int, _ view: GraphView, isMatched: (Int) -> Bool
  ) -> [GraphDifference.NodeLine] {
    var found: Set<Int> = []
    var open = [index]
    while let next = open.popLast() {
      if !isMatched(next) { found.insert(next) }
      for name in view.activations(next) {
        guard let source = view.producer[name], view.isLive(source), !isMatched(source),
          !found.contains(source)
        else { continue }
        open.append(source)
      }
    }
    return found.sorted().map { GraphDifference.NodeLine(view.graph.nodes[$0]) }
  }

  // MARK: Recorded values

  /// Compares with values that were recorded under their names in the graph; those that nobody recorded are
  /// left out.
  ///
  /// - Parameters:
  ///   - reference: what to call the record.
  ///   - recorded: asked once for each value, in the order of the nodes.
  /// - Throws: `RunError` naming the node; `ImportError`; what `recorded` throws.
  public func compare(
    withRecorded reference: String, notes: [String] = [], _ recorded: (String) throws -> Recorded?
  ) throws -> TraceReport {
    let usual = try session.run(inputs)
    let graph = session.importedGraph
    let view = GraphView(graph, evaluator: session.evaluator)
    var walk = try GraphWalk(graph, inputs: inputs, evaluator: session.evaluator)
    for output in graph.outputs { walk.hold(output.name) }
    var findings = Findings()
    findings.notes = notes
    let outputs = Set(graph.outputs.map(\.name))
    for (index, node) in graph.nodes.enumerated() where !view.constants.isConstant(node) {
      for name in node.outputs where !name.isEmpty { walk.hold(name) }
      try walk.reach(index)
      var isCompared = false
      for name in node.outputs where !name.isEmpty {
        defer { walk.release(name) }
        guard let expected = try recorded(name) else { continue }
        isCompared = true
        let outcome = judge(walk.value(name), expected)
        note(outcome, node, name, walk.value(name), &findings) {
          TraceReport.Divergence(
            node: node.label, operator: "\(node.id)", other: nil, value: name,
            shape: walk.value(name)?.tensor?.shape.dims ?? [], otherShape: outcome.otherShape,
            difference: outcome.difference, problem: outcome.problem, attributes: [], weights: [],
            onlyFirst: [],
            onlySecond: [])
        }
        if outputs.contains(name) {
          findings.outputs.append(
            .init(node: node.label, operator: "\(node.id)", value: name, relative: outcome.relative))
        }
      }
      if isCompared { findings.compared += 1 }
      if findings.first != nil, !all { break }
    }
    if findings.compared == 0 { findings.notes.append("no value of the model is in the record") }
    return report(
      findings, reference: reference, nodes: view.live.count,
      optimized: findings.first == nil ? try optimized(walk, usual) : nil)
  }

  // MARK: Judging

  private func judge(_ value: Value?, with other: Value?) -> Outcome {
    guard let first = value?.tensor, let second = other?.tensor else {
      return Outcome(
        relative: value == nil || other == nil ? nil : 0, problem: "is no tensor and was not compared")
    }
    guard first.shape == second.shape else { return Outcome(otherShape: second.shape.dims) }
    guard let difference = TensorDifference(first, second) else {
      return Outcome(problem: "is \(first.elementType.name), and \(second.elementType.name) in the other")
    }
    return Outcome(relative: difference.relative, difference: difference)
  }

  private func judge(_ value: Value?, _ expected: Recorded) -> Outcome {
    switch expected {
    case .tensor(let tensor): return judge(value, with: .tensor(tensor))
    case .fingerprint(let expected):
      guard let found = value?.tensor.flatMap({ ValueFingerprint($0) }) else {
        return Outcome(problem: "holds no numbers to compare")
      }
      guard found.shape == expected.shape else { return Outcome(otherShape: expected.shape) }
      let relative = found.relative(to: expected)
      func text(_ value: Double) -> String { "\(Float(value))" }
      return Outcome(
        relative: relative,
        problem: relative <= tolerance
          ? nil
          : "mean \(text(found.mean)) and \(text(expected.mean)), root mean square \(text(found.rms)) and "
            + "\(text(expected.rms)), probe \(text(found.probe)) and \(text(expected.probe))")
    }
  }

  private func note(
    _ outcome: Outcome, _ node: Node, _ name: String, _ value: Value?, _ findings: inout Findings,
    divergence: () -> TraceReport.Divergence
  ) {
    if all {
      findings.steps.append(
        .init(node: node.label, operator: "\(node.id)", value: name, relative: outcome.relative))
    }
    if let relative = outcome.relative, relative <= tolerance {
      findings.largest = max(findings.largest, relative)
    } else if findings.first == nil {
      findings.first = divergence()
    }
  }

  /// The usual run against the walk, and the passes that are to blame where they part.
  private func optimized(_ walk: GraphWalk, _ usual: [String: Value]) throws -> TraceReport.OptimizedRun? {
    guard session.options.optimize else { return nil }
    func largest(_ outputs: [String: Value]) -> Double {
      session.importedGraph.outputs.map { output in
        judge(walk.value(output.name), with: outputs[output.name]).relative ?? .infinity
      }.max() ?? 0
    }
    // Winograd takes part in runs and not in the walk.
    let limit = max(tolerance, session.precision == .fp32 ? 1e-3 : 0.1)
    let relative = largest(usual)
    guard relative > limit else { return .init(relative: relative, agrees: true, passes: []) }
    var passes: [String] = []
    for report in session.passReports where !report.changes.isEmpty {
      var options = session.options
      options.disabledPasses.insert(report.pass)
      guard let without = try? Session(graph: session.importedGraph, model: session.model, options: options),
        let outputs = try? without.run(inputs), largest(outputs) <= limit
      else { continue }
      passes.append(report.pass)
    }
    return .init(relative: relative, agrees: false, passes: passes)
  }

  private func report(
    _ findings: Findings, reference: String, nodes: Int, optimized: TraceReport.OptimizedRun?
  ) -> TraceReport {
    TraceReport(
      model: session.model?.file ?? "model", reference: reference, tolerance: tolerance, nodes: nodes,
      compared: findings.compared, largestAgreeing: findings.largest, first: findings.first,
      steps: findings.steps,
      outputs: findings.outputs, optimized: optimized, notes: findings.notes)
  }
}
