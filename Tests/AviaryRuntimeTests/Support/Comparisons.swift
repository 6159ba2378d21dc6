import AviaryCore
import Testing

@testable import AviaryRuntime

/// Runs a graph with all passes and with none and expects the same numbers within `tolerance` of the
/// output's scale.
///
/// - Returns: the session with passes, for a look at its graph.
@discardableResult
func expectPassesKeepResults(
  _ graph: Graph, _ inputs: [String: Tensor], disabled: Set<String> = [], tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> Session {
  var options = SessionOptions()
  options.disabledPasses = disabled
  let optimized = try Session(graph: graph, options: options)
  options.optimize = false
  let plain = try Session(graph: graph, options: options)
  #expect(plain.graph.nodes.count == graph.nodes.count, sourceLocation: sourceLocation)
  let found = try optimized.run(inputs)
  for (name, expected) in try plain.run(inputs) {
    let tensor = try #require(found[name])
    let error = try relativeError(tensor, expected)
    #expect(error <= tolerance, "output \(name)", sourceLocation: sourceLocation)
  }
  return optimized
}
