import AviaryCore
import CAllocationCounter
import Foundation
import Testing

@testable import AviaryRuntime

/// Steady state: a run of kernels takes nothing from the heap, except the outputs that `run` returns.
///
/// The counter stands in for malloc in the whole test process. Other tests run at the same time, so the
/// calling thread's allocations count; `make allocations` runs this suite alone and counts all threads.
@Suite(.serialized, .enabled(if: allocation_counter_works() != 0))
struct AllocationTests {
  private static let isAlone = ProcessInfo.processInfo.environment["AVIARY_COUNT_ALL_THREADS"] == "1"

  private static func allocations() -> Int {
    isAlone ? allocations_of_process() : allocations_of_thread()
  }

  /// Element-wise operators with every kind of broadcasting, copies, views and reductions; large enough for
  /// loops to be shared among threads.
  private func session(threads: Int) throws -> Session {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 16, 48, 48])
    try builder.weights("scale", [16, 1, 1])
    try builder.weights("row", [48])
    try builder.weights("scalar", [])
    builder.constant("half", try Tensor([8] as [Int64]))
    builder.constant("none", try Tensor([0] as [Int64]))
    builder.constant("one", try Tensor([1] as [Int64]))
    builder.constant("flat", try Tensor([0, -1] as [Int64]))
    builder.node("Mul", ["x", "scale"], ["a"])
    builder.node("Add", ["a", "row"], ["b"])
    builder.node("Sigmoid", ["b"], ["c"])
    builder.node("Sub", ["c", "scalar"], ["d"])
    builder.node("Slice", ["d", "none", "half", "one"], ["e"])
    builder.node("Concat", ["d", "e"], ["f"], ["axis": .int(1)])
    builder.node("ReduceMean", ["f"], ["g"], ["axes": .ints([2, 3])])
    builder.node("Mul", ["f", "g"], ["h"])
    builder.node("ReduceMean", ["h"], ["i"], ["axes": .ints([2])])
    builder.node("Reshape", ["i", "flat"], ["y"])
    builder.output("y")
    var options = SessionOptions()
    options.threads = threads
    return try Session(graph: builder.graph, options: options)
  }

  @Test(arguments: [1, 2])
  func runsIntoBuffersAllocateNothing(threads: Int) throws {
    let session = try session(threads: threads)
    let buffers = try session.makeBuffers(inputShapes: ["x": [2, 16, 48, 48]])
    // The first runs make the frame; threads that start only now take memory of their own.
    for _ in 0..<3 { try buffers.run() }
    Thread.sleep(forTimeInterval: 0.05)
    for _ in 0..<3 { try buffers.run() }
    let before = Self.allocations()
    for _ in 0..<50 { try buffers.run() }
    #expect(Self.allocations() - before == 0)
  }

  /// Two for the output (its bytes and the object that owns them) and two for the dictionary around it.
  @Test(arguments: [1, 2])
  func runsAllocateTheirOutputs(threads: Int) throws {
    let session = try session(threads: threads)
    let inputs = ["x": try randomTensor([2, 16, 48, 48], seed: 3)]
    for _ in 0..<3 { _ = try session.run(inputs) }
    let before = Self.allocations()
    for _ in 0..<50 { _ = try session.run(inputs) }
    #expect(Self.allocations() - before <= 4 * 50)
  }

  @Test func theCounterCounts() {
    let before = Self.allocations()
    withExtendedLifetime([Int](repeating: 1, count: Int.random(in: 100...200))) {}
    #expect(Self.allocations() > before)
  }
}
