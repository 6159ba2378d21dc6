import Aviary
import Testing

@testable import AviaryPlugins

/// What an operator of a plugin can answer that it must not, while a model is loaded and run.
@Suite struct OperatorFaultTests {
  private let registry: PluginRegistry
  private static let type = OperatorID("Faulty", domain: "test.faulty")

  init() throws { registry = try PluginFixtures.faultyRegistry() }

  private func session(_ fault: AttributeValue?, outputs: [String] = ["y"]) throws -> Session {
    var graph = Graph(name: "faulty")
    graph.inputs = [.init(name: "x", type: .tensor(.float, SymbolicShape(known: [2, 3])))]
    graph.outputs = [.init(name: "z", type: .tensor(.float, .unknown))]
    graph.nodes = [
      Node(
        name: "culprit", id: Self.type, opset: 1, inputs: ["x"], outputs: outputs,
        attributes: fault.map { ["fault": $0] } ?? [:]),
      Node(name: "after", id: OperatorID("Relu"), opset: 17, inputs: ["y"], outputs: ["z"]),
    ]
    var options = SessionOptions()
    options.registry = registry.operators
    options.threads = 1
    return try Session(graph: graph, options: options)
  }

  private func run(_ session: Session) throws -> [Float] {
    let x = try Tensor([1, -2, 3, -4, 5, -6] as [Float], shape: Shape([2, 3]))
    return try #require(try session.run(["x": x])["z"]).array()
  }

  @Test func withoutAFaultItDoubles() throws {
    #expect(try run(try session(nil)) == [2, 0, 6, 0, 10, 0])
    #expect(try run(try session(.string("anything else"))) == [2, 0, 6, 0, 10, 0])
  }

  /// (fault, what the message must say)
  static let create: [(String, String)] = [
    ("create refuses", "not today"), ("create is unsupported", "not here"), ("create status", "status 77"),
    ("create says nothing", "without a message"),
  ]

  @Test(arguments: create)
  func creating(_ fault: String, _ wanted: String) throws {
    let error = #expect(throws: ImportError.self) { try session(.string(fault)) }
    #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    #expect(error?.place.node == "culprit")
    #expect(error?.isUnsupported == (fault == "create is unsupported"))
  }

  @Test func attributesAreCheckedByTheHost() throws {
    for value in [AttributeValue.int(3), .strings(["a"]), .string("a\0b"), .float(1)] {
      let error = #expect(throws: ImportError.self) { try session(value) }
      #expect(error?.description.contains("'fault'") == true)
    }
  }

  static let infer: [(String, String)] = [
    ("infer refuses", "bad shape"), ("infer status", "status -1"), ("infer rank", "rank 65"),
    ("infer negative rank", "rank -2"), ("infer rank overflow", "rank 2147483647"),
    ("infer type", "element type 99"), ("infer string", "strings"), ("infer null dims", "NULL"),
    ("infer symbol", "-100"), ("infer least", "-9223372036854775808"), ("infer huge", "9223372036854775807"),
    ("infer product", "overflows"),
    ("infer message garbage", "\u{FFFD}"), ("infer message overrun", "wrote beyond"),
  ]

  @Test(arguments: infer)
  func inferring(_ fault: String, _ wanted: String) throws {
    let error = #expect(throws: ImportError.self) { try session(.string(fault)) }
    #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    #expect(error?.place.node == "culprit")
  }

  /// What a plugin says is a part of a message, not a screen of it.
  @Test func messagesAreShortAndPrintable() throws {
    let garbage = #expect(throws: ImportError.self) { try session(.string("infer message garbage")) }
    #expect((garbage?.description.count ?? .max) < 300)
    #expect(garbage?.description.filter { $0 == "\u{FFFD}" }.count == 1)
    let lines = #expect(throws: ImportError.self) { try session(.string("infer message lines")) }
    #expect(
      lines?.description.contains("one two\\u{1B}[31m \u{FFFD}three") == true, "\(String(describing: lines))")
    #expect(foreignMessage(String(repeating: "long ", count: 1000)).count <= 303)
  }

  static let faultsOfRuns: [(String, RunError.Kind, String)] = [
    ("run refuses", .invalid, "bad value"), ("run is out of memory", .resource, "no memory"),
    ("run status", .invalid, "status 4242"), ("run makes nothing", .invalid, "did not make output 0"),
    ("run makes more outputs", .invalid, "declares 2 output(s)"),
    ("run makes a negative output", .invalid, "output -1"),
    ("run makes another type", .invalid, "infer said"),
    ("run makes no type", .invalid, "12345"), ("run makes strings", .invalid, "strings"),
    ("run makes another shape", .invalid, "infer said float 2x3"),
    ("run makes another rank", .invalid, "infer said"),
    ("run makes 65 axes", .invalid, "rank 65"),
    ("run makes a negative rank", .invalid, "rank -1"),
    ("run makes a negative extent", .invalid, "extent -1"),
    ("run makes the least extent", .invalid, "-9223372036854775808"),
    ("run makes too much", .resource, "overflows"),
    ("run makes null extents", .invalid, "NULL"), ("run makes it twice", .invalid, "twice"),
    ("run scratch", .resource, "scratch"), ("run scratch is large", .resource, "scratch"),
    ("run parallel", .invalid, "without a body"), ("run parallel forever", .invalid, "iterations"),
  ]

  @Test(arguments: faultsOfRuns)
  func running(_ fault: String, _ kind: RunError.Kind, _ wanted: String) throws {
    let session = try session(.string(fault))
    let error = #expect(throws: RunError.self) { try run(session) }
    #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    #expect(error?.description.contains("plugin 'faulty'") == true)
    #expect(error?.kind == kind)
    #expect(error?.place.node == "culprit")
  }

  @Test func theSecondOutputIsMissedWhereItIsWanted() throws {
    let session = try session(nil, outputs: ["y", "surplus"])
    let error = #expect(throws: RunError.self) { try run(session) }
    #expect(error?.description.contains("did not make output 1") == true)
  }

  @Test func inputsThatPluginsCannotTake() throws {
    let factory = try #require(registry.operators.factory(for: Self.type, opset: 1))
    var attributes = Attributes([:])
    let op = try factory.make(&attributes, opset: 1)
    let strings = try Tensor(strings: ["a"], shape: Shape([1, 1]))
    for inputs in [[Value.tensor(strings)], [.sequence([], of: .unknown)]] {
      let context = RunContext(inputs: inputs, outputCount: 1)
      let error = #expect(throws: OperatorError.self) { try op.run(context) }
      #expect(error?.kind == .unsupported)
    }
    #expect(throws: OperatorError.self) { try op.infer([]) }
    #expect(throws: OperatorError.self) { try op.infer([.unknown, .unknown]) }
    let deep = ValueInfo(.float, [Int](repeating: 1, count: 65))
    #expect(throws: OperatorError.self) { try op.infer([deep]) }
  }
}
