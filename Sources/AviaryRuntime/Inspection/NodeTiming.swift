import AviaryCore

/// How long one node took in one run.
public struct NodeTiming: Sendable {
  public let node: Node
  public let duration: Duration
}

extension Session {
  /// As `run`, with the time of each node in the order they ran.
  ///
  /// - Throws: as `run`.
  public func profile(
    _ inputs: [String: Value]
  ) throws(RunError) -> (outputs: [String: Value], nodes: [NodeTiming]) {
    let clock = ContinuousClock()
    var timings: [NodeTiming] = []
    var last = clock.now
    let outputs = try run(inputs) { index in
      let now = clock.now
      timings.append(NodeTiming(node: self.program.steps[index].node, duration: now - last))
      last = clock.now
    }
    return (outputs, timings)
  }
}
