import AviaryCore
import AviaryKernels
import AviaryONNX
import AviaryOperators
import Synchronization

/// A model ready to run: optimised, its weights packed, its plans cached per input shape.
///
/// Immutable and shareable: any number of threads may call `run` at once, each run with memory of its own.
public final class Session: Sendable {
  /// The model as it was imported; `nil` for a graph made in code.
  public let model: ONNXModel?
  /// The graph as given, in topological order.
  public let importedGraph: Graph
  /// The graph that runs, after passes.
  public let graph: Graph
  /// What each pass did, in order.
  public let passReports: [PassReport]
  /// Attributes that no operator read: the model may mean something that is not done.
  public let unreadAttributes: [(node: Node, names: [String])]

  let program: Program
  let evaluator: NodeEvaluator
  private let options: SessionOptions
  private let plans = Mutex(PlanCache())
  /// Sessions in which some defaulted inputs are real inputs, by the names of those inputs.
  private let variants = Mutex<[Set<String>: Session]>([:])

  /// Reads and prepares a model file.
  ///
  /// - Throws: `ImportError` with the file, and the node where one is to blame.
  public convenience init(path: String, options: SessionOptions = .init()) throws(ImportError) {
    try self.init(model: try ONNXModel.read(path: path, limits: options.limits), options: options)
  }

  /// Prepares an imported model.
  ///
  /// - Throws: `ImportError`; operators that are not supported are all listed (`unsupportedOperators`).
  public convenience init(model: ONNXModel, options: SessionOptions = .init()) throws(ImportError) {
    do throws(ImportError) {
      try self.init(graph: model.graph, model: model, options: options)
    } catch {
      throw error.at(file: model.file)
    }
  }

  /// Prepares a graph made in code.
  ///
  /// - Throws: as `init(model:options:)`, and for a graph that is not valid.
  public convenience init(graph: Graph, options: SessionOptions = .init()) throws(ImportError) {
    try self.init(graph: try graph.validated(), model: nil, options: options)
  }

  private init(graph imported: Graph, model: ONNXModel?, options: SessionOptions) throws(ImportError) {
    let registry: OperatorRegistry
    if let given = options.registry { registry = given } else { registry = try Self.standardRegistry() }
    let evaluator = NodeEvaluator(
      registry: registry, limits: options.limits, parallel: ThreadPool.shared(threads: options.threads > 0 ? options.threads : nil))
    try Self.requireSupport(imported, registry)
    var graph = imported
    var reports: [PassReport] = []
    if options.optimize {
      (graph, reports) = try Optimizer.optimize(
        imported, disabled: options.disabledPasses, evaluator: evaluator)
    }
    var program = try Program(graph, evaluator: evaluator)
    try program.prepare(try GraphInference.slots(program, graph, evaluator: evaluator))

    self.model = model
    self.importedGraph = imported
    self.options = options
    self.evaluator = evaluator
    self.graph = graph
    self.passReports = reports
    self.program = program
    self.unreadAttributes = program.unreadAttributes
  }

  /// What a caller must give.
  public var inputs: [Graph.Declaration] { graph.inputs }
  public var outputs: [Graph.Declaration] { graph.outputs }

  // MARK: Running

  /// Runs the model.
  ///
  /// - Parameter inputs: a value for each of `inputs`; inputs that the model gives a default may be
  ///   overridden by name.
  /// - Returns: the outputs by name.
  /// - Throws: `RunError` for inputs that are missing, unknown, or of another type or shape than declared,
  ///   and for what goes wrong in a node.
  public func run(_ inputs: [String: Value]) throws(RunError) -> [String: Value] {
    try run(inputs, observe: nil)
  }

  /// As `run` of values, for models whose inputs and outputs are all tensors.
  public func run(_ inputs: [String: Tensor]) throws(RunError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, value) in try run(inputs.mapValues { .tensor($0) }, observe: nil) {
      guard let tensor = value.tensor else {
        throw RunError(.unsupported, "output '\(name)' is not a tensor; run with values instead")
      }
      tensors[name] = tensor
    }
    return tensors
  }

  /// As `run`, calling `observe` after each step with its index into `program.steps`.
  func run(
    _ inputs: [String: Value], observe: ((Int) -> Void)?
  ) throws(RunError) -> [String: Value] {
    let overridden = Set(graph.defaultedInputs.map(\.name)).intersection(inputs.keys)
    guard overridden.isEmpty else { return try variant(overriding: overridden).run(inputs, observe: observe) }

    let given = try bind(inputs)
    let plan = try plan(for: given.mapValues(\.type))
    let arena: TensorBuffer?
    do { arena = plan.arenaBytes > 0 ? try plan.arenas.take() : nil } catch {
      throw RunError(.resource, error.description)
    }
    defer { if let arena { plan.arenas.put(arena) } }
    var executor = Executor(program, plan: plan, arena: arena, evaluator: evaluator)
    let outputs = try executor.run(given, observe: observe)
    return Dictionary(zip(graph.outputs.map(\.name), outputs), uniquingKeysWith: { first, _ in first })
  }

  /// The plan for these input types, made on first use.
  func plan(for types: [Int: ValueType]) throws(RunError) -> Plan {
    if let plan = plans.withLock({ $0.plan(for: types) }) { return plan }
    // Made outside the lock: a second thread may make the same plan, which costs time but no correctness.
    let plan = try Plan(program, inputs: types.mapValues { ValueInfo($0) }, evaluator: evaluator)
    plans.withLock { $0.insert(plan, for: types) }
    return plan
  }

  /// Values by slot, checked against what the graph declares.
  private func bind(_ inputs: [String: Value]) throws(RunError) -> [Int: Value] {
    var given: [Int: Value] = [:]
    var symbols: [String: (extent: Int, input: String)] = [:]
    for (slot, declaration) in zip(program.inputs, graph.inputs) {
      guard let value = inputs[declaration.name] else {
        let names = graph.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
        throw RunError(.invalidInput, "input '\(declaration.name)' is missing; the model takes \(names)")
      }
      try declaration.check(value, symbols: &symbols)
      given[slot] = value
    }
    for name in inputs.keys where !graph.inputs.contains(where: { $0.name == name }) {
      let names = graph.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
      throw RunError(.invalidInput, "the model has no input '\(name)'; it takes \(names)")
    }
    return given
  }

  /// A session for callers who override defaults: there, those inputs are inputs like any other.
  private func variant(overriding names: Set<String>) throws(RunError) -> Session {
    if let session = variants.withLock({ $0[names] }) { return session }
    var changed = importedGraph
    for declaration in importedGraph.defaultedInputs where names.contains(declaration.name) {
      changed.inputs.append(declaration)
      changed.initializers[declaration.name] = nil
    }
    changed.defaultedInputs.removeAll { names.contains($0.name) }
    do {
      let session = try Session(graph: changed, model: model, options: options)
      variants.withLock { $0[names] = session }
      return session
    } catch {
      throw RunError(.invalid, error.message, place: error.place)
    }
  }

  // MARK: Loading

  private static func standardRegistry() throws(ImportError) -> OperatorRegistry {
    do { return try StandardOperators.registry() } catch {
      throw ImportError(.unsupported, "the built-in operators clash: \(error)")
    }
  }

  /// - Throws: `ImportError` listing every operator that the registry lacks.
  private static func requireSupport(_ graph: Graph, _ registry: OperatorRegistry) throws(ImportError) {
    let missing = unsupportedOperators(in: graph, registry)
    guard !missing.isEmpty else { return }
    let list = missing.map { operatorLine($0) }.joined(separator: "\n")
    throw ImportError(
      .unsupportedOperators(missing), "\(missing.count) operator(s) are not supported:\n\(list)")
  }

  private static func operatorLine(_ missing: UnsupportedOperator) -> String {
    let domain = missing.id.domain.isEmpty ? "ai.onnx" : missing.id.domain
    let shown = missing.nodes.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    let rest = missing.nodes.count > 5 ? " and \(missing.nodes.count - 5) more" : ""
    return "  \(missing.id.name) (domain \(domain), opset \(missing.opset)): \(shown)\(rest)"
  }

  /// What of a graph, subgraphs included, no registered operator covers; sorted by name.
  public static func unsupportedOperators(
    in graph: Graph, _ registry: OperatorRegistry
  ) -> [UnsupportedOperator] {
    struct Key: Hashable {
      let id: OperatorID
      let opset: Int
    }
    var nodes: [Key: [String]] = [:]
    func visit(_ graph: Graph) {
      for node in graph.nodes {
        if registry.type(for: node.id, opset: node.opset) == nil {
          nodes[Key(id: node.id, opset: node.opset), default: []].append(node.label)
        }
        node.subgraphs.values.forEach(visit)
      }
    }
    visit(graph)
    return nodes.map { UnsupportedOperator(id: $0.key.id, opset: $0.key.opset, nodes: $0.value) }
      .sorted { ($0.id.domain, $0.id.name, $0.opset) < ($1.id.domain, $1.id.name, $1.opset) }
  }
}

/// Plans by input types; the oldest go where a caller comes with ever new shapes.
private struct PlanCache {
  private static let capacity = 32
  private var plans: [[Int: ValueType]: Plan] = [:]
  private var order: [[Int: ValueType]] = []

  func plan(for types: [Int: ValueType]) -> Plan? { plans[types] }

  mutating func insert(_ plan: Plan, for types: [Int: ValueType]) {
    guard plans.updateValue(plan, forKey: types) == nil else { return }
    order.append(types)
    if order.count > Self.capacity { plans[order.removeFirst()] = nil }
  }
}
