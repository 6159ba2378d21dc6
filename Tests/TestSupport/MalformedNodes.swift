import AviaryCore
import Foundation

/// Drives operators with malformed nodes and counts what comes of it. A trap ends the process: then
/// `AVIARY_TRACE_NODES=1` says on stderr which operator and seed it was.
public struct MalformedNodes {
  public private(set) var answered = 0
  public private(set) var refused = 0
  private let registry: OperatorRegistry
  private let samples: [OperatorID: [NodeSample]]
  private let run: (Graph, [String: Value]) throws -> Void
  private let isTracing = ProcessInfo.processInfo.environment["AVIARY_TRACE_NODES"] != nil

  /// - Parameter run: loads a graph and runs it; what it throws counts as refused.
  public init(
    _ registry: OperatorRegistry, samples: [NodeSample], run: @escaping (Graph, [String: Value]) throws -> Void
  ) {
    self.registry = registry
    self.samples = Dictionary(grouping: samples, by: \.id)
    self.run = run
  }

  /// Operators that no right application is known of: they begin with nothing.
  public var withoutSamples: [OperatorID] {
    registry.factories.keys.filter { samples[$0] == nil }.sorted { "\($0)" < "\($1)" }
  }

  /// `count` nodes of every operator.
  public mutating func drive(count: Int, seed: UInt64) {
    for id in registry.factories.keys.sorted(by: { "\($0)" < "\($1)" }) {
      for factory in registry.factories[id] ?? [] {
        let empty = NodeSample(id: id, opset: factory.opsets.upperBound, attributes: [:], inputs: [], outputs: 1)
        let known = (samples[id] ?? []).filter { factory.opsets.contains($0.opset) }
        let starts = known.isEmpty ? [empty] : known
        for number in 0..<count {
          let own = seed &+ UInt64(number) &+ UInt64(id.name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFFFF }) << 20
          var mutator = NodeMutator(starts[number % starts.count], opsets: factory.opsets, seed: own)
          let node = mutator.next()
          let (graph, feeds) = node.graph(constants: mutator.constants())
          if isTracing { FileHandle.standardError.write(Data("\(id) \(number)\n".utf8)) }
          do {
            try run(graph, feeds)
            answered += 1
          } catch { refused += 1 }
        }
      }
    }
  }
}
