import AviaryCore

/// Walks a program without running it: what is known of every value, given what is known of the inputs.
///
/// A node whose inputs are all constant is run on the spot, so that shape subgraphs (Shape, Gather, Concat,
/// ...) become constants as soon as the shapes they start from are known.
struct Inference {
  /// Constants larger than this are made only where their inputs are large too (Cast or DequantizeLinear of
  /// weights): nobody wants a small Expand or ConstantOfShape turned into stored megabytes.
  private static let foldedBytesLimit = 16 << 20
  /// The most that one constant may grow in being folded: int4 weights become float.
  private static let foldedGrowth = 8

  let evaluator: NodeEvaluator
  /// Per slot of the program.
  private(set) var infos: [ValueInfo]

  /// - Parameter given: what is known of inputs and captured values, by slot.
  init(_ program: Program, given: [Int: ValueInfo], evaluator: NodeEvaluator) throws(RunError) {
    self.evaluator = evaluator
    infos = [ValueInfo](repeating: .unknown, count: program.names.count)
    for (slot, info) in given { infos[slot] = info }
    for (slot, value) in program.constants { infos[slot] = ValueInfo(constant: value) }
    for (slot, type) in program.consumed { infos[slot] = ValueInfo(type) }
    for step in program.steps {
      do {
        for (slot, info) in zip(step.outputs, try outputs(of: step)) {
          if let slot { infos[slot] = info }
        }
      } catch {
        throw RunError(error, place: Place(step.node))
      }
    }
  }

  private func outputs(of step: Program.Step) throws(OperatorError) -> [ValueInfo] {
    let inputs = step.inputs.map { $0.map { infos[$0] } ?? .absent }
    let inferred: [ValueInfo]
    if let op = step.op as? any SubgraphOperator {
      var subgraphs: [String: any Subgraph] = [:]
      for (name, subgraph) in step.subgraphs {
        subgraphs[name] = InferredSubgraph(
          subgraph: subgraph, captured: subgraph.captures.map { infos[$0.outer] }, evaluator: evaluator)
      }
      inferred = try op.infer(inputs, subgraphs: subgraphs)
    } else {
      inferred = try step.op.infer(inputs)
      if let constants = try folded(step, inputs: inputs, inferred: inferred) { return constants }
    }
    // An operator may know nothing of outputs that only some versions have.
    return step.outputs.indices.map { inferred.indices.contains($0) ? inferred[$0] : .unknown }
  }

  /// The outputs as constants, where the inputs are and the result is not too large to keep.
  private func folded(
    _ step: Program.Step, inputs: [ValueInfo], inferred: [ValueInfo]
  ) throws(OperatorError) -> [ValueInfo]? {
    guard step.op.isDeterministic, inputs.allSatisfy({ $0.isAbsent || $0.constant != nil }) else {
      return nil
    }
    let given = inputs.compactMap { $0.tensor?.byteCount }.max() ?? 0
    let limit = max(Self.foldedBytesLimit, given.multipliedSaturating(by: Self.foldedGrowth))
    guard inferred.allSatisfy({ $0.foldedBytes <= limit }) else { return nil }
    let values = try evaluator.evaluate(step.op, node: step.node, inputs: inputs.map(\.constant))
    return values.map { $0.map { ValueInfo(constant: $0) } ?? .unknown }
  }
}

extension ValueInfo {
  /// Bytes of the value where its shape is known; 0 where it is not (then it is a small thing or a
  /// sequence, and the tensor budget guards it).
  var foldedBytes: Int {
    guard let type = elementType, let dims = shape.known, let shape = try? Shape(dims) else { return 0 }
    return type.byteCount(of: shape.count) ?? .max
  }
}

extension Int {
  fileprivate func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}

/// Shape inference of a whole graph from what it declares, for passes.
enum GraphInference {
  /// What is known of every value, by name.
  static func infos(
    _ graph: Graph, evaluator: NodeEvaluator
  ) throws(ImportError) -> [String: ValueInfo] {
    let program = try Program(graph, evaluator: evaluator)
    let infos = try slots(program, graph, evaluator: evaluator)
    return Dictionary(zip(program.names, infos), uniquingKeysWith: { first, _ in first })
  }

  /// The same, by slot of a program made from the graph.
  static func slots(
    _ program: Program, _ graph: Graph, evaluator: NodeEvaluator
  ) throws(ImportError) -> [ValueInfo] {
    var given: [Int: ValueInfo] = [:]
    for (slot, input) in zip(program.inputs, graph.inputs) { given[slot] = ValueInfo(input.type) }
    do {
      return try Inference(program, given: given, evaluator: evaluator).infos
    } catch {
      var failure = ImportError(.invalidGraph, error.message)
      if case .unsupported = error.kind { failure.kind = .unsupported }
      if case .resource = error.kind { failure.kind = .limit }
      failure.place = error.place
      throw failure
    }
  }
}

/// A subgraph while shapes are inferred: it can be asked for shapes but not run.
private struct InferredSubgraph: Subgraph {
  let subgraph: Program.SubProgram
  let captured: [ValueInfo]
  let evaluator: NodeEvaluator

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    var given: [Int: ValueInfo] = [:]
    for (capture, info) in zip(subgraph.captures, captured) { given[capture.inner] = info }
    for (slot, info) in zip(subgraph.program.inputs, inputs) { given[slot] = info }
    do {
      let inference = try Inference(subgraph.program, given: given, evaluator: evaluator)
      return subgraph.program.outputs.map { inference.infos[$0] }
    } catch {
      throw .invalid(error.description)
    }
  }

  func run(_ inputs: [Value]) throws(OperatorError) -> [Value] {
    throw .unsupported("a subgraph cannot run while shapes are inferred")
  }
}
