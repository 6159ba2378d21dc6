import AviaryCore
import TestSupport
import Testing

@testable import AviaryRuntime

@Suite struct FramePoolTests {
  private func plan(_ session: Session, _ count: Int) throws -> Plan {
    try session.plan(for: [session.program.inputs[0]: .tensor(.float, SymbolicShape(known: [count]))])
  }

  private func session() throws -> Session {
    var builder = GraphBuilder()
    builder.opset = 1
    builder.input("x", [.symbol("N")])
    builder.node("BoundAddOne", ["x"], ["h"], domain: Toy.domain)
    builder.node("BoundAddOne", ["h"], ["y"], domain: Toy.domain)
    builder.output("y")
    var options = SessionOptions()
    options.registry = try Toy.registry()
    return try Session(graph: builder.graph, options: options)
  }

  @Test func aFrameIsUsedAgain() throws {
    let session = try session()
    let plan = try plan(session, 8)
    let pool = FramePool()
    let frame = try pool.take(plan, session.program)
    pool.put(frame)
    #expect(try pool.take(plan, session.program) === frame)
    #expect(try pool.take(plan, session.program) !== frame)
  }

  /// A session that has seen many shapes keeps neither an arena for each nor more than the budget.
  @Test func idleMemoryIsBounded() throws {
    let session = try session()
    let pool = FramePool(frames: 4, bytes: 40_000)
    for count in [100, 200, 300, 400, 500] { pool.put(try pool.take(try plan(session, count), session.program)) }
    #expect(pool.idleCount == 4)
    // Two values of 1000 floats and the scratch memory of one each: 8000 bytes a frame.
    for _ in 0..<3 {
      for count in [4000, 5000, 6000] { pool.put(try pool.take(try plan(session, count), session.program)) }
    }
    #expect(pool.idleBytes <= 40_000 + 6000 * 8 + 128)
    let large = try plan(session, 100_000)
    pool.put(try pool.take(large, session.program))
    // The one used last stays however large it is: the next run will want it.
    #expect(pool.idleBytes >= large.arenaBytes)
    #expect(pool.idleBytes <= large.arenaBytes + 40_000)
  }

  @Test func plansAreFoundByShape() throws {
    let session = try session()
    for count in 1...40 {
      let x = try Tensor((0..<count).map(Float.init))
      #expect(try session.run(["x": x])["y"]?.shape.dims == [count])
    }
    #expect(try plan(session, 40) === plan(session, 40))
  }
}
