import AviaryCore

/// One change of a graph that leaves its results alone.
protocol Pass: Sendable {
  /// Short and stable: the name that `--disable-pass` takes.
  var name: String { get }
  /// One line for `--explain`.
  var summary: String { get }

  /// Changes the graph where it applies.
  ///
  /// - Returns: what it changed, one line each, naming nodes.
  func run(_ editor: inout GraphEditor, registry: OperatorRegistry) throws(ImportError) -> [String]

  /// What the pass looks for and had to leave, with the reason, one line each: asked after `run`.
  func leftovers(_ editor: GraphEditor) -> [String]
}

extension Pass {
  func leftovers(_ editor: GraphEditor) -> [String] { [] }
}

/// What the passes did to a model.
public struct PassReport: Sendable {
  public let pass: String
  /// What the pass is for.
  public let summary: String
  /// One line per change.
  public let changes: [String]
  /// What it had to leave and why, one line each.
  public let leftovers: [String]
  public let nodesBefore: Int
  public let nodesAfter: Int
}

/// The passes in their fixed order.
public enum Optimizer {
  /// The order matters: constants first, so that the others find weights behind Cast or Identity nodes;
  /// then the targets of Reshape nodes, because patterns need the extents that follow from them; half precision
  /// becomes single before anything asks for float, and before its casts are no-ops; no-ops
  /// next, so that patterns are not interrupted; the patterns themselves, before anything takes their
  /// constants or their transposes apart; transposes before Conv fusion, so that Conv, BatchNorm and
  /// activation become neighbours, and pools and pads after them, because Keras has other axes; BatchNorm
  /// before activations, because a fused activation ends a convolution's reach; layouts when it is known
  /// what stands between convolutions, and last what only blocked convolutions can do.
  static let passes: [any Pass] = [
    ConstantFolding(), ReshapeTargets(), HalfWidening(), NoOpRemoval(), GeluFusion(), GateFusion(), LayerNormFusion(),
    AttentionFusion(), TransposeSinking(), PoolRecognition(), PadFolding(), AffineFolding(), ActivationFusion(),
    PrecisionMarking(), LayoutAssignment(), SqueezeExcite(),
  ]

  /// Name and summary of every pass, in order.
  public static var descriptions: [(name: String, summary: String)] {
    passes.map { ($0.name, $0.summary) }
  }

  /// - Parameters:
  ///   - disabled: names of passes to leave out; `nil` leaves out all that are not part of the task.
  /// - Throws: `ImportError` where a pass finds the model to be invalid.
  static func optimize(
    _ graph: Graph, disabled: Set<String>?, precision: Precision = .fp32, evaluator: NodeEvaluator
  ) throws(ImportError) -> (Graph, [PassReport]) {
    var graph = graph
    var reports: [PassReport] = []
    // What is known of values holds until a pass changes something: to infer it makes every operator anew.
    var known: [String: ValueInfo]?
    for pass in passes {
      let isTask = pass is PrecisionMarking && precision != .fp32
      guard isTask || !(disabled?.contains(pass.name) ?? true) else { continue }
      var editor = GraphEditor(graph, precision: precision)
      let infos = if let known { known } else { try GraphInference.infos(graph, evaluator: evaluator) }
      editor.infos = infos
      let changes = try pass.run(&editor, registry: evaluator.registry)
      let before = graph.nodes.count
      if !changes.isEmpty { graph = try editor.finish() }
      known = changes.isEmpty ? infos : nil
      reports.append(
        PassReport(
          pass: pass.name, summary: pass.summary, changes: changes, leftovers: pass.leftovers(editor) + editor.notes,
          nodesBefore: before, nodesAfter: graph.nodes.count))
    }
    return (graph, reports)
  }
}
