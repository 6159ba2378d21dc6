import Testing

@testable import AviaryPlugins

@Suite struct TemplateTests {
  /// A project whose module has the name of one that it imports, or that comes with Swift, does not build.
  @Test(arguments: [
    ("my-plugin", "MyPlugin"), ("resnet_extra", "ResnetExtra"), ("foundation", "FoundationAddition"),
    ("swift", "SwiftAddition"), ("c-aviary-plugin", "CAviaryPluginAddition"), ("glibc", "GlibcAddition"),
    ("package-description", "PackageDescriptionAddition"), ("x-c-test", "XCTestAddition"), ("testing", "TestingAddition"),
  ])
  func modulesHaveNamesOfTheirOwn(_ name: String, _ module: String) throws {
    let template = try PluginTemplate(name: name, language: .swift)
    #expect(template.library == ".build/release/lib\(module).so")
    let files = Dictionary(uniqueKeysWithValues: template.files.map { ($0.path, $0.content) })
    #expect(files["Sources/\(module)/Plugin.swift"]?.contains("\"\(name)\"") == true)
    #expect(files["Package.swift"]?.contains("targets: [\"\(module)\"]") == true)
    #expect(!template.files.contains { $0.content.contains("__") && $0.content.contains("MODULE") })
  }

  @Test(arguments: ["", "My", "9lives", "a.b", "a/b", "é", "-a"])
  func namesThatAreNone(_ name: String) {
    #expect(throws: PluginError.self) { try PluginTemplate(name: name, language: .c) }
  }
}
