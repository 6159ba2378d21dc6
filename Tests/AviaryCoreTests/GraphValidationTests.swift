import AviaryCore
import Testing

@Suite struct GraphValidationTests {
  private func graph(_ nodes: [(inputs: [String], output: String)], output: String = "y") -> Graph {
    Graph(
      inputs: [.init(name: "x", type: .unknown)], outputs: [.init(name: output, type: .unknown)],
      nodes: nodes.map {
        Node(name: "n_\($0.output)", id: OperatorID("Op"), opset: 1, inputs: $0.inputs, outputs: [$0.output])
      })
  }

  @Test func nodesAreSortedAndOrderIsKeptWhereItIsRight() throws {
    let shuffled = graph([(["b"], "y"), (["x"], "a"), (["a"], "b"), (["x"], "c")])
    let names = try shuffled.validated().nodes.map(\.outputs[0])
    #expect(names.firstIndex(of: "a")! < names.firstIndex(of: "b")!)
    #expect(names.firstIndex(of: "b")! < names.firstIndex(of: "y")!)
    let sorted = graph([(["x"], "c"), (["x"], "a"), (["a", "c"], "b"), (["b"], "y")])
    #expect(try sorted.validated().nodes.map(\.outputs[0]) == ["c", "a", "b", "y"])
  }

  @Test(arguments: [
    ([(["b"], "a"), (["a"], "b"), (["b"], "y")], "cycle"),
    ([(["y"], "y")], "cycle"),
    ([(["nowhere"], "y")], "input 'nowhere' has no source"),
    ([(["x"], "a")], "nothing produces the graph output 'y'"),
    ([(["x"], "y"), (["x"], "y")], "'y' has more than one source"),
    ([(["x"], "x"), (["x"], "y")], "'x' has more than one source"),
  ] as [([(inputs: [String], output: String)], String)])
  func brokenGraphsAreRefused(nodes: [(inputs: [String], output: String)], message: String) {
    let error = #expect(throws: ImportError.self) { try graph(nodes).validated() }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func aLongChainIsSortedWithoutRecursion() throws {
    let count = 100_000
    let nodes = (0..<count).reversed().map { (inputs: [$0 == 0 ? "x" : "v\($0 - 1)"], output: "v\($0)") }
    let sorted = try graph(nodes, output: "v\(count - 1)").validated()
    #expect(sorted.nodes.map(\.outputs[0]) == (0..<count).map { "v\($0)" })
  }
}
