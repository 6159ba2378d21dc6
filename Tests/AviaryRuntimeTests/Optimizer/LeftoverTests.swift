import AviaryCore
import Testing

@testable import AviaryRuntime

/// What passes say of nodes that they had to leave.
@Suite struct LeftoverTests {
  private func leftovers(_ session: Session, _ pass: String) -> [String] {
    session.passReports.first { $0.pass == pass }?.leftovers ?? []
  }

  @Test func namesWhatStandsInTheWay() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 2, 4, 4])
    try builder.weights("w", [2, 2, 1, 1])
    for name in ["scale", "shift", "mean"] { try builder.weights(name, [2]) }
    builder.constant("variance", try Tensor([1, 2] as [Float]))
    builder.node("Conv", ["x", "w"], ["a"])
    builder.node("Relu", ["a"], ["b"])
    builder.node("BatchNormalization", ["b", "scale", "shift", "mean", "variance"], ["c"])
    builder.node("Relu", ["c"], ["d"])
    builder.node("Transpose", ["d"], ["y"], ["perm": .ints([0, 2, 3, 1])])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    #expect(
      leftovers(session, "affine-folding") == [
        "BatchNormalization_2 (BatchNormalization) stays: Relu stands before it, which has no weights to fold into"
      ])
    #expect(
      leftovers(session, "transpose-sinking").first?.contains("the graph's output; no inverse to cancel with")
        == true)
  }

  @Test func saysWhoElseReadsAValue() throws {
    var builder = GraphBuilder()
    builder.input("x", [1, 2, 4, 4])
    try builder.weights("w", [2, 2, 1, 1])
    builder.node("Conv", ["x", "w"], ["a"])
    builder.node("Relu", ["a"], ["b"])
    builder.node("Neg", ["a"], ["c"])
    builder.output("b")
    builder.output("c")
    let session = try Session(graph: builder.graph)
    #expect(
      leftovers(session, "activation-fusion") == [
        "Relu_1 (Relu) stays: the value of Conv_0 is read elsewhere too: Relu, Neg"
      ])
  }
}
