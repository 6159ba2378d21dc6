import ArgumentParser
import Aviary

struct ZooListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of the zoo.",
    discussion: """
      EXAMPLES
        aviary zoo list
        aviary zoo list --json
      """)

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let entries = try flags.index().entries
    let broken = entries.compactMap { entry -> ZooError? in
      if case .failure(let error) = entry.manifest { error } else { nil }
    }
    let manifests = entries.compactMap { try? $0.manifest.get() }
    if flags.json {
      try Console.printJSON(manifests)
    } else {
      var table = TextTable([
        ("id", .left), ("name", .left), ("family", .left), ("input", .left), ("classes", .right),
        ("parameters", .right), ("bytes", .right),
      ])
      for manifest in manifests {
        let input = manifest.input
        table.add([
          manifest.id, manifest.name, manifest.family,
          "\(input.width)x\(input.height) \(input.channels.rawValue)", "\(manifest.output.labels.count)",
          manifest.parameters.map(grouped) ?? "-", grouped(manifest.file.bytes),
        ])
      }
      print(table.text)
    }
    for error in broken { Console.warning("\(error)") }
    if !broken.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}
