import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct SessionTests {
  private func addOne(_ dims: [Extent]) throws -> Session {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", dims)
    builder.node("AddOne", ["x"], ["h"], domain: Toy.domain)
    builder.node("AddOne", ["h"], ["y"], domain: Toy.domain)
    builder.output("y")
    var options = SessionOptions()
    options.registry = try Toy.registry()
    return try Session(graph: builder.graph, options: options)
  }

  @Test func oneSessionServesManyShapesAndManyThreads() async throws {
    let session = try addOne([.symbol("N")])
    let results = try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<64 {
        group.addTask {
          let x = (0..<(1 + task % 40)).map { Float($0 + task) }
          let y = try session.run(["x": try Tensor(x)])["y"]
          return try y?.array(of: Float.self) == x.map { $0 + 2 }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.count == 64 && results.allSatisfy { $0 })
  }

  @Test(arguments: [
    ("y", [4], ElementType.float, "input 'x' is missing"),
    ("x", [3], .float, "axis 0 is 3, not 4"),
    ("x", [4, 1], .float, "rank"),
    ("x", [4], .double, "element type double, must be float"),
  ])
  func wrongInputsAreRefusedByName(name: String, dims: [Int], type: ElementType, message: String) throws {
    let session = try addOne([4])
    let tensor = try Tensor(elementType: type, shape: try Shape(dims)) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    let error = #expect(throws: RunError.self) { try session.run([name: tensor]) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func unsupportedOperatorsAreListedTogether() throws {
    var builder = GraphBuilder()
    builder.input("x", [1])
    builder.node("NoSuchThing", ["x"], ["a"])
    builder.node("NoSuchThing", ["a"], ["b"])
    builder.node("Other", ["b"], ["y"], opset: 3, domain: "com.example")
    builder.output("y")
    let error = #expect(throws: ImportError.self) { try Session(graph: builder.graph) }
    let text = error?.description ?? ""
    #expect(error?.isUnsupported == true)
    for part in ["NoSuchThing (domain ai.onnx, opset 17)", "'NoSuchThing_0', 'NoSuchThing_1'",
      "Other (domain com.example, opset 3)"]
    { #expect(text.contains(part), "\(text)") }
  }

  @Test func subgraphsSeeOuterValues() throws {
    var body = GraphBuilder()
    body.opset = 1
    body.node("Plus", ["h", "x"], ["r"], domain: Toy.domain)
    body.output("r")
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [.symbol("N")])
    builder.node("AddOne", ["x"], ["h"], domain: Toy.domain)
    builder.node("Branch", [], ["y"], ["body": .graph(body.graph)], domain: Toy.domain)
    builder.node("AddOne", ["h"], ["z"], domain: Toy.domain)
    builder.output("y")
    builder.output("z")
    var options = SessionOptions()
    options.registry = try Toy.registry()
    let session = try Session(graph: builder.graph, options: options)
    let found = try session.run(["x": try Tensor([1, 2] as [Float])])
    #expect(try found["y"]?.array(of: Float.self) == [3, 5])
    #expect(try found["z"]?.array(of: Float.self) == [3, 4])
  }

  @Test func defaultsMayBeOverridden() throws {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [2])
    builder.constant("w", try Tensor([10, 20] as [Float]))
    builder.node("Plus", ["x", "w"], ["y"], domain: Toy.domain)
    builder.output("y")
    var graph = builder.graph
    graph.defaultedInputs = [.init(name: "w", type: .tensor(.float, SymbolicShape(known: [2])))]
    var options = SessionOptions()
    options.registry = try Toy.registry()
    let session = try Session(graph: graph, options: options)
    let x = try Tensor([1, 2] as [Float])
    #expect(try session.run(["x": x])["y"]?.array(of: Float.self) == [11, 22])
    let w = try Tensor([5, 5] as [Float])
    #expect(try session.run(["x": x, "w": w])["y"]?.array(of: Float.self) == [6, 7])
    #expect(try session.run(["x": x])["y"]?.array(of: Float.self) == [11, 22])
  }

  @Test func aCancelledTaskStops() async throws {
    let session = try addOne([4])
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try session.run(["x": try Tensor([1, 2, 3, 4] as [Float])])
    }
    task.cancel()
    let result = await task.result
    #expect(throws: RunError.self) { try result.get() }
  }

  @Test func theBudgetOfARunIsChecked() throws {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [.symbol("N")])
    builder.node("Plus", ["x", "x"], ["h"], domain: Toy.domain)
    builder.node("Plus", ["h", "x"], ["y"], domain: Toy.domain)
    builder.output("y")
    var options = SessionOptions()
    options.registry = try Toy.registry()
    options.limits.runBytes = 1 << 10
    let session = try Session(graph: builder.graph, options: options)
    let x = try Tensor([Float](repeating: 0, count: 4096))
    let error = #expect(throws: RunError.self) { try session.run(["x": x]) }
    #expect(error?.kind == .resource)
  }

  /// A model may declare what it likes; loading it must not make lists of that length.
  @Test(arguments: ["Reshape", "Expand", "Tile", "Unsqueeze"])
  func absurdDeclaredExtentsAreNoLengths(type: String) throws {
    var builder = GraphBuilder()
    builder.input("x", [2])
    builder.input("shape", [.known(.max)], .int64)
    builder.node(type, ["x", "shape"], ["y"])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    #expect(throws: RunError.self) { try session.run(["x": try Tensor([1, 2] as [Float])]) }
  }

  /// Sizes that overflow when they are added are refused by the budget, with the node's name.
  @Test func absurdValuesAreRefusedNotPlanned() throws {
    var builder = GraphBuilder()
    builder.input("x", [1])
    builder.constant("shape", try Tensor([1 << 57] as [Int64]))
    for index in 0..<24 { builder.node("Expand", ["x", "shape"], ["e\(index)"]) }
    builder.node("Sum", (0..<24).map { "e\($0)" }, ["y"])
    builder.output("y")
    let session = try Session(graph: builder.graph)
    let error = #expect(throws: RunError.self) { try session.run(["x": try Tensor([1] as [Float])]) }
    #expect(error?.kind == .resource)
    #expect(error?.place.node?.hasPrefix("Expand") == true)
  }
}
