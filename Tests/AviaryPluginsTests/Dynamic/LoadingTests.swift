import Aviary
import Foundation
import TestSupport
import Testing

/// Files that are no plugins, and plugins that declare what cannot be.
@Suite struct LoadingTests {
  @Test func filesThatAreNoPlugins() throws {
    let folder = try TemporaryFolder()
    try folder.write("text.so", "not a library at all")
    try folder.write("empty.so", "")
    for name in ["text.so", "empty.so", "missing.so", ""] {
      let error = #expect(throws: PluginError.self) { try DynamicPlugin(path: "\(folder.path)/\(name)") }
      guard case .library(let path, let problem) = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
      #expect(path == "\(folder.path)/\(name)")
      #expect(!problem.isEmpty)
    }
  }

  @Test func aLibraryWithoutEntry() throws {
    let error = #expect(throws: PluginError.self) {
      try DynamicPlugin(path: PluginFixtures.faulty("NO_ENTRY"))
    }
    #expect(error?.description.contains("aviary_plugin_entry") == true)
  }

  @Test func theABIComesFirst() throws {
    // Another ABI, whose table is also far too small and full of NULL.
    let path = try PluginFixtures.faulty("ABI=7", "SIZE=8", "ID=NULL")
    #expect(throws: PluginError.abi(path: path, what: "the plugin", found: 7, expected: 1)) {
      try DynamicPlugin(path: path)
    }
    let error = #expect(throws: PluginError.self) {
      try DynamicPlugin(path: PluginFixtures.faulty("NULL_TABLE"))
    }
    #expect(error?.description.contains("ABI 1") == true)
  }

  /// (macros, what the message must say)
  static let malformed: [([String], String)] = [
    (["SIZE=8"], "8 bytes"), (["SIZE=0"], "0 bytes"), (["MISALIGNED"], "address"),
    (["ID=NULL"], "id of the plugin is NULL"),
    (["ID=\"\\xff\\xfe\""], "not UTF-8"), (["ID=endless_text()"], "no end"),
    (["OPERATOR_NAME=NULL"], "name of an operator is NULL"), (["OPERATOR_NAME=\"\\xc3(\""], "not UTF-8"),
    (["OPERATOR_NAME=endless_text()"], "no end"), (["OPERATOR_DOMAIN=NULL"], "domain"),
    (["OPERATOR_DOMAIN=\"\""], "domain"), (["OPERATOR_DOMAIN=\"ai.onnx\""], "domain"),
    (["OPERATOR_DOMAIN=\"aviary\""], "domain"), (["OPERATOR_SIZE=24"], "24 bytes"),
    (["OPERATOR_ABI=2"], "ABI 2"), (["OPERATOR_COUNT=-1"], "-1"),
    (["OPERATOR_COUNT=2147483647"], "2147483647"), (["NULL_OPERATOR"], "operator 0 is NULL"),
    (["NULL_OPERATORS"], "at NULL"), (["OPERATOR_RUN=NULL"], "'run'"), (["OPERATOR_INFER=NULL"], "'infer'"),
    (["FIRST_OPSET=2"], "opsets 2 to 1"), (["FIRST_OPSET=0"], "opsets 0 to 1"), (["OUTPUTS=0"], "0 outputs"),
    (["OUTPUTS=-3"], "-3 outputs"), (["ATTRIBUTE_KIND=5"], "kind 5"),
    (["ATTRIBUTE_KIND=AVIARY_NUMBER"], "kind 101"),
    (["STEP_NAME=NULL"], "preprocessing step is NULL"), (["STEP_SUMMARY=NULL"], "summary"),
    (["DATASET_IMAGE=NULL"], "'image'"), (["DETECT=NULL"], "'detect'"),
  ]

  @Test(arguments: malformed)
  func declaredGarbage(_ defines: [String], _ wanted: String) throws {
    let folder = PluginFixtures.folder.appendingPathComponent("faulty.c")
    let path = try PluginBuilder.c(folder, defines: defines)
    let error = #expect(throws: PluginError.self) { try DynamicPlugin(path: path) }
    guard case .malformed(let named, let problem) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(named == path)
    #expect(problem.contains(wanted), "\(problem)")
  }

  /// (macros of a second plugin, kind, name, the plugin that had it first)
  static let duplicates: [([String], String, String, String)] = [
    ([], "plugin", "faulty", "faulty"),
    (["ID=\"other\""], "operator", "test.faulty.Faulty", "faulty"),
    (
      ["ID=\"other\"", "OPERATOR_NAME=\"Other\"", "DATASET_NAME=\"other\"", "STEP_NAME=\"gamma\""],
      "preprocessing step", "gamma", "image-steps"
    ),
    (["ID=\"other\"", "OPERATOR_NAME=\"Other\""], "data set", "faulty-data", "faulty"),
  ]

  @Test(arguments: duplicates)
  func namesAreTakenOnce(_ defines: [String], _ what: String, _ name: String, _ first: String) throws {
    let source = PluginFixtures.folder.appendingPathComponent("faulty.c")
    let plugins = [
      try DynamicPlugin(path: PluginFixtures.faulty()),
      try DynamicPlugin(path: PluginBuilder.c(source, defines: defines)),
    ]
    let error = #expect(throws: PluginError.self) { try BuiltinPlugins.registry(with: plugins) }
    #expect(
      error
        == .duplicate(
          what: what, name: name, plugin: plugins[1].manifest.id, other: first, file: plugins[1].path,
          otherFile: first == "faulty" ? plugins[0].path : nil),
      "\(String(describing: error))")
    // Of two files both are named: ids say little where they are the same.
    #expect(error?.description.contains(plugins[1].path) == true)
    #expect(error?.description.contains(plugins[0].path) == (first == "faulty"))
  }

  @Test func anOperatorThatOnePluginListsTwice() throws {
    let plugin = try DynamicPlugin(path: PluginFixtures.faulty("TWO_OPERATORS", "OPERATOR_COUNT=2"))
    let error = #expect(throws: PluginError.self) { try BuiltinPlugins.registry(with: [plugin]) }
    #expect(
      error?.description == "\(plugin.path): plugin 'faulty' lists the operator 'test.faulty.Faulty' twice",
      "\(String(describing: error))")
  }

  @Test func namesThatCannotBeWritten() throws {
    let defines = [
      "ID=\"My Plugin\"", "STEP_NAME=\"A\"", "OPERATOR_NAME=\"two words\"", "OPERATOR_NAME=\"\"",
    ]
    for define in defines {
      let plugin = try DynamicPlugin(path: PluginFixtures.faulty(define))
      let error = #expect(throws: PluginError.self) { try BuiltinPlugins.registry(with: [plugin]) }
      #expect(error?.description.contains(plugin.path) == true)
      guard case .badName = error else {
        Issue.record("\(define): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func pathsFromTheEnvironment() throws {
    let paths = [try PluginFixtures.faulty(), try PluginBuilder.example("c")]
    let environment = ["AVIARY_PLUGINS": paths.joined(separator: ":")]
    // The same file, named again by another path.
    let again = URL(fileURLWithPath: paths[0]).deletingLastPathComponent().path + "/./"
      + URL(fileURLWithPath: paths[0]).lastPathComponent
    let plugins = try DynamicPlugin.load([again], environment: environment)
    #expect(plugins.map(\.manifest.id) == ["faulty", "example-c"])
    #expect(DynamicPlugin.paths([again], environment: environment) == paths)
    #expect(throws: PluginError.self) {
      try DynamicPlugin.load([], environment: ["AVIARY_PLUGINS": "/nowhere.so"])
    }
    #expect(try DynamicPlugin.load([], environment: [:]).isEmpty)
  }
}
