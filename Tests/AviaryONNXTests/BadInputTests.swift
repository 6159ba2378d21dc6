import AviaryCore
import Foundation
import Testing

@testable import AviaryONNX

/// Files that are no models, broken ones, and ones made to exhaust a reader.
@Suite struct BadInputTests {
  static let notModels: [(what: String, bytes: [UInt8], says: String)] = [
    ("empty", [], "is empty"),
    ("web page", Array("<!DOCTYPE html><html><body>404</body></html>".utf8), "looks like a web page"),
    ("LFS", Array("version https://git-lfs.github.com/spec/v1\noid".utf8), "Git LFS pointer"),
    ("archive", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 40), "ZIP archive"),
    ("text", Array("hello, world".utf8), "is not an ONNX model"),
    ("huge varint", [UInt8](repeating: 0xFF, count: 64), "more than 64 bits"),
    ("huge length", [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "bytes where 0 are left"),
    ("field 0", [0x02, 0x00], "field number 0"),
    ("group", [0x0B, 0x0C], "a group"),
    ("wire type 7", [0x0F], "wire type 7"),
    ("wrong wire type", [0x0D, 0, 0, 0, 0], "ModelProto.ir_version has a wire type"),
    ("two graphs", [0x08, 8, 0x3A, 0, 0x3A, 0], "ModelProto.graph stands there twice"),
    ("no graph", [0x08, 8], "has no graph"),
    ("no version", [0x3A, 0], "has no IR version"),
    ("no operator set", [0x08, 8, 0x3A, 0], "imports no operator set"),
    ("name", [0x12, 2, 0xC3, 0x28], "producer_name is not text"),
    ("NUL", [0x12, 2, 0x41, 0], "producer_name is not text"),
  ]

  @Test(arguments: notModels.indices) func refusesWhatIsNoModel(_ index: Int) throws {
    let (_, bytes, says) = Self.notModels[index]
    let error = importError(bytes)
    #expect(error?.contains(says) == true, "\(error ?? "no error")")
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("m.onnx").path
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do {
        _ = try ONNXModel.read(path: path)
        Issue.record("no error")
      } catch {
        #expect("\(error)".hasPrefix("\(path): ") && "\(error)".contains(says))
      }
    }
  }

  @Test func refusesPathsThatAreNoFiles() throws {
    for (path, says) in [
      ("/nowhere/m.onnx", "cannot be opened: No such file"), ("/", "is not a regular file"),
      ("/dev/null", "is not a regular file"),
    ] {
      let error = #expect(throws: ImportError.self) { try ONNXModel.read(path: path) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }

  /// Whatever a file is cut down to, it is refused or, where the cut fell between fields of the model
  /// itself, read: never anything worse.
  @Test func refusesTruncationAtEveryByte() throws {
    var read = 0
    for name in ["attributes", "encodings", "functions_nested", "shapes"] {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name))))
      for length in 0..<bytes.count {
        if importError(Array(bytes.prefix(length))) == nil { read += 1 }
      }
    }
    #expect(read < 20)
  }

  // MARK: Nesting

  /// If in If in If…, written from the inside out.
  private func nestedGraphs(_ depth: Int) -> [UInt8] {
    var graph = Message { $0.append(12, message: .value("x", dims: [1])) }
    for _ in 0..<depth {
      let attribute = Message {
        $0.append(1, text: "then_branch")
        $0.append(6, message: graph)
        $0.append(20, int: 5)
      }
      graph = Message { $0.append(1, message: .node("If", ["c"], ["x"]) { $0.append(5, message: attribute) }) }
    }
    return Message.model { $0 = graph }.bytes
  }

  @Test func refusesDeeplyNestedGraphs() {
    let bytes = nestedGraphs(5000)
    #expect(bytes.count > 150_000)
    let error = importError(bytes)
    #expect(error?.contains("messages nested more than 64 deep") == true, "\(error ?? "no error")")
    // A limit that a caller raises beyond what a stack can bear is not taken at its word.
    var limits = Limits()
    limits.nesting = .max
    #expect(importError(bytes, limits: limits)?.contains("nested more than") == true)
  }

  @Test func refusesDeeplyNestedTypes() {
    // A sequence (field 4) of element type (field 1) a sequence, and so on: 234 KB in the end.
    let tensor = Message { $0.append(1, message: Message { $0.append(1, int: 1) }) }
    let type = Message.nested(fields: Array(repeating: [4, 1], count: 30_000).flatMap { $0 }, tensor)
    #expect(type.bytes.count > 200_000)
    let value = Message { $0.append(1, text: "x"); $0.append(2, message: type) }
    let error = importError(Message.model { $0.append(11, message: value) }.bytes)
    #expect(error?.contains("messages nested more than 64 deep") == true, "\(error ?? "no error")")
  }

  // MARK: Amplification

  /// Ten megabytes of messages that take two bytes each and become hundreds.
  static let empties: [(what: String, field: Int, inner: Bool)] = [
    ("nodes", 1, true), ("initializers", 5, true), ("inputs", 11, true), ("annotations", 14, true),
    ("functions", 25, false), ("training", 20, false), ("metadata", 14, false), ("operator sets", 8, false),
  ]

  @Test(arguments: empties.indices) func boundsTheMemoryOfEmptyMessages(_ index: Int) {
    let (_, field, inner) = Self.empties[index]
    let tag = Message { $0.append(field, bytes: []) }.bytes
    var many: [UInt8] = []
    while many.count < 10 << 20 { many += tag }
    let bytes = Message {
      $0.append(1, int: 8)
      if inner { $0.append(7, bytes: many) }
    }.bytes + (inner ? [] : many)
    let scanned = bytes.withUnsafeBytes { bytes in
      Result { () throws(WireError) in try WireScanner.scan(bytes, schema: .model) }
    }
    switch scanned {
    case .success(let result):
      #expect(result.structures <= 64 * result.message.count)
    case .failure(let error):
      #expect(error.isLimit && error.message.contains("64 times the size"), "\(error.message)")
    }
    #expect(importError(bytes) != nil)
  }

  @Test func predictsNoLessThanWhatIsAllocated() throws {
    // The prediction for the shipped fixtures is an upper bound and within reason.
    for name in ["attributes", "encodings", "functions_nested", "shapes", "sparse"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name)))
      let (message, structures) = try data.withUnsafeBytes { bytes in
        try WireScanner.scan(bytes, schema: .model)
      }
      let allocated = message.withUnsafeBufferPointer { AllocationCounter.bytes(parsing: $0) }
      #expect(allocated > 0 && allocated <= structures, "\(name): \(allocated) of \(structures)")
      #expect(structures < 4 * allocated, "\(name): \(allocated) of \(structures)")
    }
  }

  @Test func obeysTheBudgetOfStructures() {
    var limits = Limits()
    limits.parsedBytes = 100_000
    let bytes = Message.model { graph in
      for i in 0..<2000 { graph.append(1, message: .node("Relu", ["x"], ["y\(i)"], name: "node number \(i)")) }
    }.bytes
    #expect(importError(bytes, limits: limits)?.contains("its structures would take") == true)
    limits = .default
    limits.nodes = 1000
    #expect(importError(bytes, limits: limits)?.contains("more than 1000 nodes") == true)
  }

  // MARK: Graphs that cannot be

  static let graphs: [(what: String, build: @Sendable (inout Message) -> Void, says: String)] = [
    (
      "cycle",
      {
        $0.append(1, message: .node("Add", ["x", "b"], ["a"], name: "first"))
        $0.append(1, message: .node("Relu", ["a"], ["b"], name: "second"))
      }, "node 'first' (Add, opset 21): the graph has a cycle"
    ),
    ("missing input", { $0.append(1, message: .node("Relu", ["nowhere"], ["y"], name: "n")) },
      "node 'n' (Relu, opset 21): input 'nowhere' has no source"),
    ("missing output", { $0.append(12, message: .value("y", dims: [1])) }, "graph output 'y'"),
    (
      "two sources",
      {
        $0.append(1, message: .node("Relu", ["x"], ["y"]))
        $0.append(1, message: .node("Neg", ["x"], ["y"], name: "n"))
      }, "node 'n' (Neg, opset 21): value 'y' has more than one source"
    ),
    ("input twice", { $0.append(11, message: .value("x", dims: [1])) }, "graph input 'x'"),
    ("declared", { $0.append(13, message: .value("v", dims: [2, -5])) }, "value 'v': dimension 1 is declared as -5"),
    ("huge", { $0.append(13, message: .value("v", dims: [1 << 40, 1 << 40])) }, "value 'v': shape"),
    ("no operator", { $0.append(1, message: .node("", ["x"], ["y"], name: "n")) }, "node 'n'"),
    (
      "attribute twice",
      {
        $0.append(1, message: .node("A", ["x"], ["y"], name: "n") {
          for _ in 0..<2 { $0.append(5, message: Message { $0.append(1, text: "k"); $0.append(3, int: 1); $0.append(20, int: 2) }) }
        })
      }, "attribute 'k' stands there twice"
    ),
    (
      "reference",
      {
        $0.append(1, message: .node("A", ["x"], ["y"], name: "n") {
          $0.append(5, message: Message { $0.append(1, text: "k"); $0.append(21, text: "outer") })
        })
      }, "refers to attribute 'outer' of a function"
    ),
    (
      "initializer twice",
      {
        for _ in 0..<2 { $0.append(5, message: .tensor("w", dims: [0])) }
      }, "initializer 'w' stands there twice"
    ),
  ]

  @Test(arguments: graphs.indices) func refusesGraphsThatCannotBe(_ index: Int) {
    let (_, build, says) = Self.graphs[index]
    let bytes = Message.model {
      $0.append(11, message: .value("x", dims: [1]))
      build(&$0)
    }.bytes
    let error = importError(bytes)
    #expect(error?.contains(says) == true, "\(error ?? "no error")")
    #expect(error?.hasPrefix("m.onnx: ") == true)
  }
}
