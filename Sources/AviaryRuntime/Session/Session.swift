import AviaryCore
import AviaryKernels
import AviaryONNX
import AviaryOperators

/// A model ready to run: optimised, its weights packed, its plans cached per input shape.
///
/// Immutable and shareable: any number of threads may call `run` at once, each run with memory of its own.
/// Whoever runs often and wants no allocation at all keeps `RunBuffers`.
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
  let options: SessionOptions
  let plans = Guarded(PlanCache())
  let frames = FramePool()
  /// Sessions in which some defaulted inputs are real inputs, by the names of those inputs.
  let variants = Guarded<[Set<String>: Session]>([:])

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

  init(graph imported: Graph, model: ONNXModel?, options: SessionOptions) throws(ImportError) {
    let registry: OperatorRegistry
    if let given = options.registry { registry = given } else { registry = try Self.standardRegistry() }
    let evaluator = NodeEvaluator(
      registry: registry, limits: options.limits,
      parallel: ThreadPool.shared(threads: options.threads > 0 ? options.threads : nil))
    try Self.requireSupport(imported, registry)
    var graph = imported
    var reports: [PassReport] = []
    if options.optimize || options.precision != .fp32 {
      (graph, reports) = try Optimizer.optimize(
        imported, disabled: options.optimize ? options.disabledPasses : nil, precision: options.precision,
        evaluator: evaluator)
    }
    var program = try Program(graph, evaluator: evaluator)
    try program.prepare(try GraphInference.slots(program, graph, evaluator: evaluator), evaluator: evaluator)

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

  /// The arithmetic of its large products.
  public var precision: Precision { options.precision }

  /// The optimizer passes that were asked not to run, sorted; `all` where the graph runs as it stands.
  public var disabledPasses: [String] { options.optimize ? options.disabledPasses.sorted() : ["all"] }

  // MARK: Loading

  static func standardRegistry() throws(ImportError) -> OperatorRegistry {
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
        if registry.factory(for: node.id, opset: node.opset) == nil {
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
