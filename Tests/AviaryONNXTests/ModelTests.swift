import AviaryCore
import Foundation
import Testing

@testable import AviaryONNX

/// Versions, operator sets, types, attributes and functions of whole models.
@Suite struct ModelTests {
  @Test func readsSeveralUnusedAndRepeatedOperatorSets() throws {
    let model = try ONNXModel.read(path: Fixtures.path("opsets"))
    #expect(model.opsets == ["": 17, "ai.onnx.ml": 3, "com.unused": 1])
    #expect(model.graph.nodes.map(\.opset) == [17])
    #expect(model.warnings == [
      "operator set 'ai.onnx.ml' is imported in versions 2 and 3; the last counts"
    ])
  }

  @Test func tellsInitializersFromInputs() throws {
    let model = try ONNXModel.read(path: Fixtures.path("ir3"))
    #expect(model.irVersion == 3)
    #expect(model.graph.inputs.map(\.name) == ["x"])
    #expect(model.graph.defaultedInputs.map(\.name) == ["w"])
    #expect(try model.graph.initializers["w"]?.array(of: Float.self) == [1, 2])
  }

  @Test func readsDeclaredTypes() throws {
    let inputs = try ONNXModel.read(path: Fixtures.path("shapes")).graph.inputs
    let types = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.type) })
    #expect(types == [
      "known": .tensor(.float, SymbolicShape([1, 2])), "scalar": .tensor(.int64, SymbolicShape([])),
      "symbolic": .tensor(.float, SymbolicShape([.symbol("batch"), 3, .unknown])),
      "no_rank": .tensor(.double, .unknown),
      "minus_one": .tensor(.float, SymbolicShape([.unknown, 2])),
      "sequence": .sequence(.tensor(.uint8, SymbolicShape([.symbol("n")]))),
      "optional": .optional(.sequence(.tensor(.float, .unknown))),
      "map": .map(key: .string, value: .tensor(.float, SymbolicShape([]))),
      "sparse": .sparseTensor(.float, SymbolicShape([4, 5])), "untyped": .unknown,
    ])
  }

  @Test func readsAttributesOfEveryKind() throws {
    let model = try ONNXModel.read(path: Fixtures.path("attributes"))
    let node = try #require(model.graph.nodes.first)
    #expect(node.id == OperatorID("Everything", domain: "test"))
    #expect(node.opset == 3)
    #expect(model.producerName == "fixture" && model.producerVersion == "2")
    #expect(model.domain == "org.example" && model.modelVersion == 9)
    #expect(model.documentation == "all kinds")
    #expect(model.metadata == ["author": "nobody", "empty": ""])

    func value(_ name: String) throws -> AttributeValue { try #require(node.attributes[name]) }
    #expect(node.attributes.count == 16)
    guard case .float(1.5) = try value("float"), case .int(-7) = try value("int"),
      case .string("caf\u{e9}") = try value("string"), case .floats([1, 2.5]) = try value("floats"),
      case .ints([1, -2, 3]) = try value("ints"), case .strings(["a", "b"]) = try value("strings"),
      case .int(0) = try value("zero"), case .ints([]) = try value("empty")
    else {
      Issue.record("\(node.attributes)")
      return
    }
    guard case .tensor(let tensor) = try value("tensor"), case .tensors(let tensors) = try value("tensors"),
      case .graph(let graph) = try value("graph"), case .graphs(let graphs) = try value("graphs"),
      case .sparseTensor(let sparse) = try value("sparse_tensor"),
      case .sparseTensors(let all) = try value("sparse_tensors"), case .type(let type) = try value("type"),
      case .types(let types) = try value("types")
    else {
      Issue.record("\(node.attributes)")
      return
    }
    #expect(try tensor.array(of: Float.self) == [1, 2])
    #expect(tensors.count == 2)
    #expect(graph.nodes.map(\.id.name) == ["Relu"])
    #expect(graphs.map { $0.nodes.map(\.id.name) } == [["Relu"], ["Neg"]])
    #expect(try sparse.values.array(of: Float.self) == [5, 6])
    #expect(try sparse.indices.integers() == [1, 3])
    #expect(sparse.shape.dims == [2, 2])
    #expect(all.count == 2)
    let known = ValueType.tensor(.float, SymbolicShape([.symbol("n"), 3, .unknown]))
    #expect(type == known)
    #expect(types == [known, .sequence(known)])
  }

  /// Before IR version 2 attributes did not say their type.
  @Test func infersTheTypeOfAnAttribute() throws {
    let node = Message.node("Old", ["x"], ["y"]) {
      $0.append(5, message: Message { $0.append(1, text: "a"); $0.append(8, int: 3); $0.append(8, int: 4) })
      $0.append(5, message: Message { $0.append(1, text: "b"); $0.append(4, text: "s") })
    }
    let model = try ONNXModel.read(
      bytes: Message.model {
        $0.append(11, message: .value("x", dims: [1]))
        $0.append(1, message: node)
      }.bytes)
    let attributes = try #require(model.graph.nodes.first?.attributes)
    guard case .ints([3, 4]) = attributes["a"], case .string("s") = attributes["b"] else {
      Issue.record("\(attributes)")
      return
    }
  }

  @Test(arguments: ["nested", "optional_parts", "subgraph"])
  func expandsFunctions(_ name: String) throws {
    let all = try Fixtures.expected()
    let expected =
      switch name {
      case "nested": all.functions_nested
      case "optional_parts": all.functions_optional_parts
      default: all.functions_subgraph
      }
    let model = try ONNXModel.read(path: Fixtures.path("functions_\(name)"))
    #expect(model.graph.outputExpressions() == expected.outputs)
    #expect(model.graph.nodes.map(\.id.name).sorted() == expected.operators)
    #expect(!model.functions.isEmpty)
    let outputs = model.graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty }
    #expect(Set(outputs).count == outputs.count)
  }

  /// A function of this domain around `body`, with one input `a` and these outputs.
  private func function(
    _ name: String, outputs: [String], opset: Int64 = 18, _ body: [Message]
  ) -> Message {
    Message {
      $0.append(1, text: name)
      $0.append(10, text: "local")
      $0.append(4, text: "a")
      for output in outputs { $0.append(5, text: output) }
      for node in body { $0.append(7, message: node) }
      $0.append(9, message: Message { $0.append(2, int: opset) })
    }
  }

  private func model(calling name: String, functions: [Message]) -> [UInt8] {
    var model = Message.model {
      $0.append(11, message: .value("x", dims: [1]))
      $0.append(12, message: .value("y", dims: [1]))
      $0.append(1, message: .node(name, ["x"], ["y"], name: "call") { $0.append(7, text: "local") })
    }
    for function in functions { model.append(25, message: function) }
    return model.bytes
  }

  @Test func keepsTheOperatorSetOfAFunction() throws {
    let neg = function("f", outputs: ["b"], opset: 11, [.node("Neg", ["a"], ["b"], name: "n")])
    let graph = try ONNXModel.read(bytes: model(calling: "f", functions: [neg])).graph
    #expect(graph.nodes.map(\.opset) == [11])
    #expect(graph.nodes.map(\.name) == ["call/n"])
  }

  @Test func copiesAnInputThatIsAnOutput() throws {
    let same = function("f", outputs: ["a"], [])
    let graph = try ONNXModel.read(bytes: model(calling: "f", functions: [same])).graph
    #expect(graph.outputExpressions() == ["Identity(x)"])
  }

  @Test func refusesFunctionsThatCannotBe() {
    let call = { (name: String) in Message.node(name, ["a"], ["b"]) { $0.append(7, text: "local") } }
    let itself = function("f", outputs: ["b"], [call("f")])
    let error = importError(model(calling: "f", functions: [itself]))
    #expect(error?.contains("function 'local.f' calls itself") == true, "\(error ?? "no error")")

    let twice = function("f", outputs: ["b"], [.node("Neg", ["a"], ["b"])])
    #expect(importError(model(calling: "f", functions: [twice, twice]))?.contains("defined twice") == true)

    let none = function("f", outputs: [], [])
    #expect(importError(model(calling: "f", functions: [none]))?.contains("takes 1 outputs") == true)
  }

  /// Each function calls the next one twice: 2 to the 40 nodes, if nobody counted.
  @Test func boundsTheExpansionOfFunctions() {
    var limits = Limits()
    limits.nodes = 10_000
    let functions = (0..<40).map { level in
      function(
        "f\(level)", outputs: ["b"],
        [
          .node("f\(level + 1)", ["a"], ["t"]) { $0.append(7, text: "local") },
          .node("f\(level + 1)", ["t"], ["b"]) { $0.append(7, text: "local") },
        ])
    } + [function("f40", outputs: ["b"], [.node("Neg", ["a"], ["b"])])]
    let error = importError(model(calling: "f0", functions: functions), limits: limits)
    #expect(error?.contains("more than 10000 nodes") == true, "\(error ?? "no error")")
  }
}
