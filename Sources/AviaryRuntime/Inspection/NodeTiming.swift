import AviaryCore
import AviaryKernels

/// How long one node took in one run, and what it had to do.
public struct NodeTiming: Sendable {
  public let node: Node
  public let duration: Duration
  /// Multiply-adds; 0 for nodes that are not products of matrices or convolutions.
  public let multiplyAdds: Int
  /// Bytes of the inputs, each value once, and of the outputs; 0 for views, whose bytes stay where they are.
  public let bytesRead: Int
  public let bytesWritten: Int
  public let choice: KernelChoice
}

extension Session {
  /// Single-precision GFLOP/s that the threads of this session reach together on multiply-adds in registers
  /// alone, measured now: the peak that `NodeTiming`s can be held against. Takes about a tenth of a second.
  public func measuredPeak() -> Double { PeakSpeed.singlePrecision(threads: evaluator.parallel.threads) }

  /// As `run`, with the time of each node in the order they ran.
  ///
  /// - Throws: as `run`.
  public func profile(
    _ inputs: [String: Value]
  ) throws(RunError) -> (outputs: [String: Value], nodes: [NodeTiming]) {
    let session = try session(for: inputs)
    let clock = ContinuousClock()
    var times: [(step: Int, duration: Duration)] = []
    times.reserveCapacity(session.program.steps.count)
    var last = clock.now
    let outputs = try session.run(inputs) { index in
      let now = clock.now
      times.append((index, now - last))
      last = clock.now
    }
    return (outputs, session.timings(times, try session.planned(inputs)))
  }

  private func timings(_ times: [(step: Int, duration: Duration)], _ plan: Plan) -> [NodeTiming] {
    let choices = plan.explanations(program)
    return times.map { index, duration in
      let step = program.steps[index]
      func known(_ slots: [Int?]) -> [ValueInfo] { slots.map { $0.map { plan.infos[$0] } ?? .absent } }
      func bytes(_ slots: some Sequence<Int>) -> Int {
        step.op is any ViewOperator ? 0 : slots.reduce(0) { $0.addingSaturating(plan.infos[$1].foldedBytes) }
      }
      return NodeTiming(
        node: step.node, duration: duration,
        multiplyAdds: MultiplyAdds.count(
          step.node, inputs: known(step.inputs), outputs: known(step.outputs)),
        bytesRead: bytes(Set(step.reads)), bytesWritten: bytes(step.outputs.compactMap { $0 }),
        choice: choices[index] ?? KernelChoice("general"))
    }
  }
}

extension Int {
  fileprivate func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
