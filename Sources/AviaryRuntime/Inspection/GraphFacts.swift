import AviaryCore
import AviaryKernels

/// What can be known of a graph's values without running it.
public enum GraphFacts {
  /// Types, shapes and constant contents by value name, for the extents that the graph itself declares.
  ///
  /// - Parameter graph: validated, as a model's is after import.
  /// - Throws: `ImportError` for operators that are not supported and shapes that contradict each other.
  public static func infos(of graph: Graph) throws(ImportError) -> [String: ValueInfo] {
    let registry = try Session.standardRegistry()
    let evaluator = NodeEvaluator(
      registry: registry, limits: .default, parallel: ThreadPool.shared(threads: nil))
    return try GraphInference.infos(graph, evaluator: evaluator)
  }
}
