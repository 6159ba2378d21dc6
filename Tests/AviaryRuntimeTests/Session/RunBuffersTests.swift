import AviaryCore
import Testing

@testable import AviaryRuntime

@Suite struct RunBuffersTests {
  private func session(_ build: (inout GraphBuilder) throws -> Void) throws -> Session {
    var builder = GraphBuilder()
    builder.opset = 1
    try build(&builder)
    var options = SessionOptions()
    options.registry = try Toy.registry()
    return try Session(graph: builder.graph, options: options)
  }

  private func values(_ buffers: RunBuffers, _ name: String) throws -> [Float] {
    try buffers.withOutput(name, as: Float.self) { Array($0) }
  }

  /// Outputs that are something else's bytes: an input, a constant, a view of another output.
  @Test func outputsThatNoKernelWrites() throws {
    let session = try session { builder in
      builder.input("x", [3])
      builder.constant("c", try Tensor([7, 8] as [Float]))
      builder.node("BoundAddOne", ["x"], ["y"], domain: Toy.domain)
      builder.node("View", ["y"], ["v"], domain: Toy.domain)
      builder.node("View", ["x"], ["w"], domain: Toy.domain)
      for name in ["v", "y", "c", "w", "x"] { builder.output(name) }
    }
    let buffers = try session.makeBuffers()
    for shift in [0, 10] as [Float] {
      try buffers.withInput("x", as: Float.self) { x in for i in 0..<3 { x[i] = Float(i) + shift } }
      try buffers.run()
      let x = [0, 1, 2].map { Float($0) + shift }
      for name in ["v", "y"] { #expect(try values(buffers, name) == x.map { $0 + 1 }) }
      for name in ["w", "x"] { #expect(try values(buffers, name) == x) }
      #expect(try values(buffers, "c") == [7, 8])
      let found = try session.run(["x": try Tensor(x)])
      for name in ["v", "y", "c", "w", "x"] {
        #expect(try found[name]?.array(of: Float.self) == values(buffers, name))
      }
    }
  }

  /// Returned outputs are the caller's: a later run does not change them.
  @Test func returnedOutputsStay() throws {
    let session = try session { builder in
      builder.input("x", [2])
      builder.node("BoundAddOne", ["x"], ["h"], domain: Toy.domain)
      builder.node("BoundAddOne", ["h"], ["y"], domain: Toy.domain)
      builder.output("y")
    }
    let first = try session.run(["x": try Tensor([1, 2] as [Float])])
    _ = try session.run(["x": try Tensor([5, 6] as [Float])])
    #expect(try first["y"]?.array(of: Float.self) == [3, 4])
  }

  /// Kernels and operators that run themselves in one plan, a subgraph among them.
  @Test func mixedPlans() throws {
    var body = GraphBuilder()
    body.opset = 1
    body.node("BoundPlus", ["h", "x"], ["r"], domain: Toy.domain)
    body.output("r")
    let session = try session { builder in
      builder.input("x", [.symbol("N")])
      builder.node("BoundAddOne", ["x"], ["h"], domain: Toy.domain)
      builder.node("Branch", [], ["b"], ["body": .graph(body.graph)], domain: Toy.domain)
      builder.node("View", ["h"], ["v"], domain: Toy.domain)
      builder.node("PassThrough", ["v"], ["p"], domain: Toy.domain)
      builder.node("BoundPlus", ["p", "h"], ["y"], domain: Toy.domain)
      builder.output("y")
      builder.output("b")
    }
    let buffers = try session.makeBuffers(inputShapes: ["x": [2]])
    try buffers.withInput("x", as: Float.self) { x in (x[0], x[1]) = (1, 5) }
    for _ in 0..<2 {
      try buffers.run()
      #expect(try values(buffers, "y") == [4, 12])
      #expect(try values(buffers, "b") == [3, 11])
    }
  }

  @Test func namesAndTypesAreChecked() throws {
    let session = try session { builder in
      builder.input("x", [.symbol("N")])
      builder.node("BoundAddOne", ["x"], ["y"], domain: Toy.domain)
      builder.output("y")
    }
    #expect(throws: RunError.self) { try session.makeBuffers(inputShapes: ["z": [1]]) }
    #expect(throws: RunError.self) { try session.makeBuffers(inputShapes: ["x": [1, 2]]) }
    let buffers = try session.makeBuffers(inputShapes: ["x": [4]])
    #expect(buffers.shape(of: "y")?.dims == [4])
    #expect(buffers.inputNames == ["x"] && buffers.outputNames == ["y"])
    #expect(throws: RunError.self) { try buffers.withInput("y", as: Float.self) { _ in } }
    #expect(throws: RunError.self) { try buffers.withOutput("y", as: Double.self) { _ in } }
  }

  /// Two inputs that share a name for an extent have the same one.
  @Test func sharedExtentsAgree() throws {
    let session = try session { builder in
      builder.input("a", [.symbol("N")])
      builder.input("b", [.symbol("N")])
      builder.node("BoundPlus", ["a", "b"], ["y"], domain: Toy.domain)
      builder.output("y")
    }
    #expect(throws: RunError.self) { try session.makeBuffers(inputShapes: ["a": [2], "b": [3]]) }
    #expect(try session.makeBuffers(inputShapes: ["a": [2]]).shape(of: "b")?.dims == [2])
  }

  @Test func aCancelledTaskStopsBetweenKernels() async throws {
    let session = try session { builder in
      builder.input("x", [4])
      builder.node("BoundAddOne", ["x"], ["y"], domain: Toy.domain)
      builder.output("y")
    }
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try session.run(["x": try Tensor([1, 2, 3, 4] as [Float])])
    }
    task.cancel()
    let result = await task.result
    #expect(throws: RunError.self) { try result.get() }
  }

  @Test func inspectionNamesTheKernels() throws {
    let session = try session { builder in
      builder.input("x", [4])
      builder.node("BoundAddOne", ["x"], ["h"], domain: Toy.domain)
      builder.node("AddOne", ["h"], ["y"], domain: Toy.domain)
      builder.output("y")
    }
    #expect(try session.inspect().map(\.kernel?.kernel) == ["add one", "general"])
  }
}
