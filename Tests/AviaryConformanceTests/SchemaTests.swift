import Aviary
import AviaryCore
import Foundation
import TestSupport
import Testing

/// What is registered against ONNX's own list of operators (`Tests/Peers/onnx_schemas.py` writes `schemas.txt`):
/// every domain, every version. What is missing stands in `gaps.txt` with its reason, and only that.
@Suite struct SchemaTests {
  struct Schema: CustomStringConvertible {
    let id: OperatorID
    /// Versions at which the definition changed; those that only deprecate it left out.
    let versions: [Int]

    var description: String { id.description }
  }

  private static func lines(_ name: String) throws -> [[String]] {
    let url = Locations.root.appendingPathComponent("Tests/AviaryConformanceTests/\(name)")
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").map(String.init) }
  }

  private static func schemas() throws -> [Schema] {
    try lines("schemas.txt").map { words in
      Schema(id: OperatorID(words[1], domain: words[0]), versions: words.dropFirst(2).compactMap { Int($0) })
    }
  }

  /// Operator and version, as `gaps.txt` names them: `ai.onnx Conv 1`.
  private static func key(_ id: OperatorID, _ version: Int) -> String {
    "\(id.domain.isEmpty ? "ai.onnx" : id.domain) \(id.name) \(version)"
  }

  @Test func everyOperatorIsThereOrNamedAsMissing() throws {
    let registry = try BuiltinPlugins.registry().operators
    let schemas = try Self.schemas()
    #expect(schemas.count > 200)
    var missing: Set<String> = []
    for schema in schemas {
      for version in schema.versions where registry.factory(for: schema.id, opset: version) == nil {
        missing.insert(Self.key(schema.id, version))
      }
    }
    let gaps = try Self.lines("gaps.txt")
    let named = Set(gaps.map { $0.prefix(3).joined(separator: " ") })
    #expect(gaps.allSatisfy { $0.count > 3 }, "every line of gaps.txt gives a reason")
    #expect(missing.subtracting(named).sorted() == [], "not registered, and not in gaps.txt")
    #expect(named.subtracting(missing).sorted() == [], "in gaps.txt although it is registered")
  }

  @Test func nothingIsInvented() throws {
    let known = Dictionary(uniqueKeysWithValues: try Self.schemas().map { ($0.id, $0.versions) })
    let own: Set = [OperatorID.aviaryDomain, "com.microsoft"]
    for (id, factories) in try BuiltinPlugins.registry().operators.factories where !own.contains(id.domain) {
      let versions = try #require(known[id], "\(id) is no operator of ONNX")
      for factory in factories {
        let first = try #require(versions.min())
        #expect(factory.opsets.upperBound >= first, "\(id) ends before its first version")
      }
    }
  }

  /// The committed list is the one of the `onnx` that the peers have.
  @Test func theListIsCurrent() throws {
    guard let python = Locations.python else {
      print("Schema list: not compared, there is no Python environment (make peers)")
      return
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("schemas-\(UUID().uuidString).txt")
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = python
    process.arguments = [Locations.root.appendingPathComponent("Tests/Peers/onnx_schemas.py").path, file.path]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let committed = Locations.root.appendingPathComponent("Tests/AviaryConformanceTests/schemas.txt")
    #expect(try String(contentsOf: file, encoding: .utf8) == String(contentsOf: committed, encoding: .utf8))
  }
}
