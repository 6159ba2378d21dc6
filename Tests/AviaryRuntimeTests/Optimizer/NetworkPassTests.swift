import AviaryCore
import Testing

@testable import AviaryRuntime

/// Whole networks: which nodes are left, and that the numbers stay.
@Suite struct NetworkPassTests {
  @Test func resNet50HasNoBatchNormAndNoReluLeft() throws {
    let graph = try GraphBuilder.resNet50(width: 4, size: 64)
    #expect(graph.nodes.count == 53 + 53 + 49 + 16 + 1 + 1 + 1 + 1)
    let session = try expectPassesKeepResults(
      graph, ["input": try randomTensor([2, 3, 64, 64], seed: 3)], tolerance: 1e-4)
    let counts = operatorCounts(session.graph)
    // Every Conv takes its BatchNorm; the last one of each block takes the residual; all but the 4
    // projections of the shortcuts take a Relu.
    #expect(counts["BatchNormalization"] == nil && counts["Relu"] == nil && counts["Add"] == nil)
    // The whole network works on blocks of channels: the first layer reads planes, and a single reorder
    // stands between the pooled features and the classifier.
    #expect(
      counts == [
        "aviary.BlockedConv": 53, "aviary.BlockedMaxPool": 1, "aviary.BlockedGlobalAveragePool": 1,
        "aviary.Unblock": 1, "Flatten": 1, "Gemm": 1,
      ])
  }

  @Test func kerasExportsKeepOneTransposeAtTheDoor() throws {
    let graph = try GraphBuilder.kerasCNN()
    #expect(operatorCounts(graph)["Transpose"] == 8)
    let session = try expectPassesKeepResults(graph, ["input": try randomTensor([3, 12, 12, 3], seed: 5)])
    let counts = operatorCounts(session.graph)
    #expect(counts["Transpose"] == 1)
    #expect(session.graph.nodes.first?.id.name == "Transpose")
    #expect(counts["Mul"] == nil && counts["Add"] == nil && counts["Relu"] == nil)
    #expect(
      counts == [
        "Transpose": 1, "aviary.BlockedConv": 2, "aviary.BlockedMaxPool": 2, "aviary.Unblock": 1, "Reshape": 1,
        "aviary.MatMul": 1, "Softmax": 1,
      ])
  }

  /// Leaving out any one pass changes no result.
  @Test(arguments: Optimizer.descriptions.map(\.name))
  func eachPassMayBeSwitchedOff(pass: String) throws {
    for (graph, dims) in [
      (try GraphBuilder.kerasCNN(), [2, 12, 12, 3]), (try GraphBuilder.resNet50(width: 4, size: 32), [1, 3, 32, 32]),
    ] {
      let session = try expectPassesKeepResults(
        graph, ["input": try randomTensor(dims, seed: 9)], disabled: [pass], tolerance: 1e-4)
      #expect(!session.passReports.contains { $0.pass == pass })
    }
  }

  @Test func manyShapesOfOneModelAgreeWithPlainRuns() throws {
    let graph = try GraphBuilder.kerasCNN()
    let session = try Session(graph: graph)
    var options = SessionOptions()
    options.optimize = false
    let plain = try Session(graph: graph, options: options)
    for batch in [1, 5, 2, 7, 1, 0] {
      let x = try randomTensor([batch, 12, 12, 3], seed: UInt64(batch))
      let (found, expected) = (try session.run(["input": x]), try plain.run(["input": x]))
      #expect(try relativeError(found["output"]!, expected["output"]!) < 1e-5)
    }
  }
}
