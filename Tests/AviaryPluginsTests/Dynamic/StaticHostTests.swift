import Foundation
import TestSupport
import Testing

/// Programs that carry Swift's library in themselves load plugins too, in C and in Swift, whether a Swift plugin
/// brings the shared library or its own.
///
/// The host is linked from what the tests were built from, which takes seconds; the objects are those of a shared
/// build, only the libraries differ.
@Suite(.serialized) struct StaticHostTests {
  /// Where the products are, with the modules and objects that they were made of.
  private static let build: URL? = {
    let candidates = [
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
      CommandLine.arguments.first, Bundle.main.bundlePath,
    ].compactMap { $0 }
    for candidate in candidates {
      var folder = URL(fileURLWithPath: candidate)
      for _ in 0..<4 {
        folder.deleteLastPathComponent()
        let list = folder.appendingPathComponent("aviary.product/Objects.LinkFileList").path
        if FileManager.default.fileExists(atPath: list) { return folder }
      }
    }
    return nil
  }()

  private static let fixtures = Locations.root.appendingPathComponent("Tests/AviaryPluginsTests/Fixtures/plugins")

  /// Whether this toolchain has the static library.
  private static let isPossible: Bool = {
    // A sanitizer's runtime would have to be linked too.
    let isSanitized = ["__asan_init", "__tsan_init"].contains { (name: String) in dlsym(nil, name) != nil }
    guard build != nil, !isSanitized, let compiler = try? PluginBuilder.tool(["swiftc"]) else { return false }
    let real = URL(fileURLWithPath: compiler).resolvingSymlinksInPath().deletingLastPathComponent()
    let library = real.appendingPathComponent("../lib/swift_static/linux/libswiftCore.a").path
    return FileManager.default.fileExists(atPath: library)
  }()

  /// Objects of the library: not the command, whose parts need curl where they are linked statically.
  private static func objects(_ build: URL) throws -> [String] {
    let list = try String(
      contentsOf: build.appendingPathComponent("aviary.product/Objects.LinkFileList"), encoding: .utf8)
    let others: Set = ["AviaryCommand", "AviaryFetch", "AviaryStore", "AviaryServer"]
    let own = try ["Sources", "Plugins"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: Locations.root.appendingPathComponent(folder).path)
    }
    let kept = Set(own).subtracting(others).map { "\(build.path)/\($0).build/" }
    return list.split(separator: "\n").map { $0.trimmingCharacters(in: ["\"", "'"]) }.filter { path in
      kept.contains { path.hasPrefix($0) }
    }
  }

  private static func modules(_ build: URL) throws -> [String] {
    var flags = ["-I", build.appendingPathComponent("Modules").path]
    let sources = Locations.root.appendingPathComponent("Sources")
    for name in try FileManager.default.contentsOfDirectory(atPath: sources.path) where name.hasPrefix("C") {
      let folder = sources.appendingPathComponent(name)
      let made = build.appendingPathComponent("\(name).build/module.modulemap").path
      let maps = [folder.appendingPathComponent("include/module.modulemap").path,
        folder.appendingPathComponent("module.modulemap").path, made]
      guard let map = maps.first(where: FileManager.default.fileExists) else { continue }
      flags += ["-Xcc", "-fmodule-map-file=\(map)", "-Xcc", "-I\(folder.appendingPathComponent("include").path)"]
    }
    let headers = try PluginBuilder.run([
      try PluginBuilder.tool(["pkg-config"]), "--cflags", "librsvg-2.0", "libopenjp2", "libpng",
    ])
    return flags + headers.split(whereSeparator: \.isWhitespace).flatMap { ["-Xcc", String($0)] }
  }

  /// The program, linked.
  private func host(in folder: TemporaryFolder) throws -> String {
    let build = try #require(Self.build)
    let output = "\(folder.path)/host"
    try folder.write("objects", Self.objects(build).joined(separator: "\n"))
    let system = ["protobuf-c", "crypto", "turbojpeg", "png16", "rsvg-2", "gobject-2.0", "glib-2.0", "gio-2.0",
      "gdk_pixbuf-2.0", "cairo", "m", "expat", "openjp2", "tiff", "webp", "re2", "sqlite3", "z", "stdc++"]
    // What Foundation is made of, which objects of a shared build do not name.
    let parts = ["FoundationEssentials", "FoundationInternationalization", "CoreFoundation", "_FoundationICU",
      "_FoundationCollections", "_FoundationCShims"]
    try PluginBuilder.run(
      [try PluginBuilder.tool(["swiftc"]), "-static-stdlib", "-swift-version", "6", "-module-name", "host"]
        + Self.modules(build) + ["\(Self.fixtures.path)/host.swift", "@\(folder.path)/objects", "-o", output]
        + (system + parts).map { "-l\($0)" })
    return output
  }

  @Test(.enabled(if: isPossible, "no static Swift library, or a build of another kind: no static host was linked"))
  func pluginsLoadIntoAStaticHost() throws {
    let folder = try TemporaryFolder()
    let host = try host(in: folder)
    let c = try PluginBuilder.example("c")
    // Twice the same plugin: with the shared library of Swift, and with one of its own.
    let shared = try PluginBuilder.example("swift")
    let own = "\(folder.path)/libOwn.so"
    try PluginBuilder.run([
      try PluginBuilder.tool(["swiftc"]), "-O", "-swift-version", "6", "-parse-as-library", "-emit-library",
      "-static-stdlib", "-module-name", "Example", "-I",
      Locations.root.appendingPathComponent("Sources/CAviaryPlugin/include").path,
      Locations.root.appendingPathComponent("Plugins/Examples/Swift/Example.swift").path, "-o", own,
    ])
    for swift in [shared, own] { try PluginBuilder.run([host, Self.fixtures.path, c, swift]) }
  }
}
