import CAviaryPlugin
import Foundation

/// The files of a new plugin that builds as it stands.
package struct PluginTemplate {
  package enum Language: String, CaseIterable, Sendable {
    case c, swift
  }

  /// Relative path and content.
  package let files: [(path: String, content: String)]
  /// What builds it, and what that makes.
  package let buildCommand: String
  package let library: String

  /// - Parameter name: of the plugin: lower-case letters, digits, '-' and '_', beginning with a letter.
  /// - Throws: `PluginError.badName`.
  package init(name: String, language: Language) throws(PluginError) {
    guard PluginManifest.isName(name), name.first?.isLetter == true, !name.contains(".") else {
      throw .badName(what: "plugin", name: name, plugin: name)
    }
    let header = String(cString: aviary_plugin_header_address())
    func filled(_ text: String) -> String {
      text.replacingOccurrences(of: "__NAME__", with: name)
        .replacingOccurrences(of: "__MODULE__", with: Self.module(name))
        .replacingOccurrences(of: "__DOMAIN__", with: "org.example.\(name)")
    }
    switch language {
    case .c:
      buildCommand = "make"
      library = "lib\(name).so"
      files = [
        ("plugin.c", filled(CTemplate.source)), ("aviary_plugin.h", header),
        ("Makefile", filled(CTemplate.makefile)),
        ("README.md", filled(Self.readme(build: buildCommand, library: library))),
      ]
    case .swift:
      buildCommand = "swift build -c release"
      library = ".build/release/lib\(Self.module(name)).so"
      files = [
        ("Package.swift", filled(SwiftTemplate.package)),
        ("Sources/\(Self.module(name))/Plugin.swift", filled(SwiftTemplate.source)),
        ("Sources/CAviaryPlugin/include/aviary_plugin.h", header),
        ("Sources/CAviaryPlugin/include/module.modulemap", SwiftTemplate.moduleMap),
        ("Sources/CAviaryPlugin/empty.c", "#include \"aviary_plugin.h\"\n"),
        (".gitignore", ".build/\n"),
        ("README.md", filled(Self.readme(build: buildCommand, library: library))),
      ]
    }
  }

  /// `my-plugin` as a Swift module: `MyPlugin`; `foundation`, whose module is taken, is `FoundationAddition`.
  private static func module(_ name: String) -> String {
    let module = name.split { "-_".contains($0) }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    return taken.contains(module.lowercased()) ? module + "Addition" : module
  }

  /// Modules that the project imports, that come with Swift, or that its build names itself, in lower case: a
  /// module of the same name would hide them, or not build. Case does not count, as on some disks.
  private static let taken: Set<String> = [
    "caviaryplugin", "aviaryplugin", "swift", "builtin", "main", "any", "self", "type", "protocol", "test",
    "foundation", "foundationessentials", "foundationinternationalization", "foundationnetworking", "foundationxml",
    "cocoa", "corefoundation", "dispatch", "cdispatch", "glibc", "musl", "android", "darwin", "wasilibc", "winsdk", "ucrt",
    "swiftglibc", "swiftshims", "synchronization", "observation", "distributed", "regexbuilder", "differentiation", "cxx",
    "cxxstdlib", "cxxoverlay", "testing", "xctest", "subprocess", "system", "systempackage", "packagedescription",
    "packageplugin", "compilerplugin", "runtime", "concurrency", "embedded", "std", "simd", "os", "accelerate",
  ]

  private static func readme(build: String, library: String) -> String {
    """
    # __NAME__

    A plugin of Aviary. `aviary_plugin.h` says what it may add and what it must keep to.

    ```sh
    \(build)
    aviary plugin check \(library)
    aviary plugin list --plugin \(library)
    ```

    The operator `Scale` of the domain `__DOMAIN__` multiplies a float tensor by its attribute `factor`.

    """
  }
}
