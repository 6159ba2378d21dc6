import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct PrecisionTests {
  /// Conv with Relu, a plain Conv, Flatten and Gemm.
  private func network() throws -> Graph {
    var builder = GraphBuilder()
    builder.input("x", [.symbol("N"), 3, 6, 6])
    try builder.weights("w1", [4, 3, 3, 3])
    try builder.weights("w2", [2, 4, 1, 1])
    try builder.weights("w3", [72, 5])
    try builder.weights("b3", [5])
    builder.node("Conv", ["x", "w1"], ["a"], ["pads": .ints([1, 1, 1, 1])])
    builder.node("Relu", ["a"], ["b"])
    builder.node("Conv", ["b", "w2"], ["c"])
    builder.node("Flatten", ["c"], ["d"])
    builder.node("Gemm", ["d", "w3", "b3"], ["y"])
    builder.output("y")
    return builder.graph
  }

  private func marks(_ session: Session) -> [String?] {
    session.graph.nodes.filter { ["Conv", "BlockedConv", "Gemm", "MatMul"].contains($0.id.name) }
      .map { $0.string("precision") }
  }

  @Test func marksNothingUnlessAsked() throws {
    let session = try Session(graph: try network())
    #expect(session.precision == .fp32)
    #expect(marks(session) == [nil, nil, nil])
  }

  /// With the passes, without them, and with the pass itself switched off: it is what was asked for.
  @Test(arguments: [0, 1, 2])
  func marksEveryProduct(variant: Int) throws {
    var options = SessionOptions()
    options.precision = .bf16
    options.optimize = variant != 1
    if variant == 2 { options.disabledPasses = ["precision"] }
    let session = try Session(graph: try network(), options: options)
    #expect(session.precision == .bf16)
    #expect(marks(session) == ["bf16", "bf16", "bf16"])
    #expect(session.unreadAttributes.isEmpty)
    let report = try #require(session.passReports.last { $0.pass == "precision" })
    #expect(report.changes.count == 3 && report.changes.allSatisfy { $0.hasSuffix("computes in bf16") })
    if variant == 1 { #expect(session.passReports.count == 1) }

    let x = try randomTensor([2, 3, 6, 6], seed: 4)
    let plain = try #require(try Session(graph: try network()).run(["x": x])["y"])
    let marked = try #require(try session.run(["x": x])["y"])
    #expect(try relativeError(marked, plain) < 2e-2)
  }

  /// Every product says what it is computed in, and what keeps it from the precision that was asked for.
  @Test func kernelsSayWhatTheyComputeIn() throws {
    func kernels(_ precision: Precision, optimize: Bool = true) throws -> [KernelChoice] {
      var options = SessionOptions()
      options.precision = precision
      options.optimize = optimize
      let session = try Session(graph: try network(), options: options)
      return try session.profile(["x": .tensor(try randomTensor([2, 3, 6, 6], seed: 4))]).1
        .filter { ["Conv", "BlockedConv", "Gemm"].contains($0.node.id.name) }.map(\.choice)
    }
    let choices = try kernels(.bf16)
    try #require(choices.count == 3)
    #expect(choices[0].kernel == "first layer" && choices[0].reason.contains("stays in fp32"))
    #expect(choices[1].kernel.hasPrefix("pointwise bf16"))
    #expect(choices[2].kernel.hasPrefix("packed panels bf16"))
    let plain = try kernels(.bf16, optimize: false)
    try #require(plain.count == 3)
    #expect(plain[0].reason.hasPrefix("stays in fp32") && plain[1].reason.hasPrefix("stays in fp32"))
    #expect(try kernels(.fp32).allSatisfy { !$0.kernel.contains("bf16") && !$0.reason.contains("fp32") })
  }

  @Test func otherTypesStayAndSaySo() throws {
    var builder = GraphBuilder()
    builder.input("a", [2, 3], .double)
    builder.input("b", [3, 4], .double)
    builder.node("MatMul", ["a", "b"], ["y"])
    builder.output("y", .double)
    var options = SessionOptions()
    options.precision = .bf16
    let session = try Session(graph: builder.graph, options: options)
    #expect(marks(session) == [nil])
    let report = try #require(session.passReports.first { $0.pass == "precision" })
    #expect(report.leftovers == ["MatMul_0 (MatMul) stays as it is: its result is double, not float"])
  }
}
