import ArgumentParser
import Aviary
import Foundation

struct ZooShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a model's manifest.",
    discussion: """
      EXAMPLES
        aviary zoo show fer-cnn-bn
        aviary zoo show fer-cnn-bn --json
      """)

  @Argument(help: "The id of a model of the zoo, or its folder.")
  var id: String

  @OptionGroup var flags: ZooFlags
  @OptionGroup var plugins: PluginFlags

  func run() throws {
    _ = try plugins.registry()
    let (zoo, id) = try flags.model(id)
    if let detector = zoo.detector(id) {
      let manifest = try detector.manifest.get()
      return flags.json ? try Console.printJSON(manifest) : print(alignedPairs(lines(manifest, detector)))
    }
    let entry = try zoo.entry(id)
    let manifest = try entry.manifest.get()
    if flags.json { return try Console.printJSON(manifest) }
    print(alignedPairs(lines(manifest, entry)))
  }

  private func lines(
    _ manifest: DetectorManifest, _ entry: ZooIndex.DetectorEntry
  ) -> [(String, String)] {
    var lines: [(String, String)] = [
      ("id", manifest.id), ("name", manifest.name), ("description", manifest.description ?? ""),
      ("detector", "--detector \(manifest.detector)"), ("license", manifest.license),
      ("framework", manifest.source.framework), ("exporter", manifest.source.exporter),
      ("made by", manifest.source.command ?? ""),
    ]
    for (role, file) in manifest.files.sorted(by: { $0.key < $1.key }) {
      let path = "\(entry.folder)/\(file.path)"
      let isThere = FileManager.default.fileExists(atPath: path)
      lines.append((role, "\(path)\(isThere ? "" : " (not there)"), \(grouped(file.bytes)) bytes"))
      lines += [("sha256", file.sha256), ("from", file.url ?? "")]
    }
    return lines.filter { !$0.1.isEmpty }
  }

  private func lines(_ manifest: ModelManifest, _ entry: ZooIndex.Entry) -> [(String, String)] {
    let input = manifest.input
    let resize = input.resize.map {
      "\($0.kernel.rawValue), \($0.antialias ? "antialiased" : "not antialiased"), \($0.mode.rawValue)"
        + ($0.round ? ", rounded" : "")
    }
    var lines: [(String, String)] = [
      ("id", manifest.id), ("name", manifest.name), ("description", manifest.description ?? ""),
      ("family", manifest.family), ("license", manifest.license),
      ("file", entry.modelPath ?? manifest.file.path),
      ("sha256", manifest.file.sha256), ("bytes", grouped(manifest.file.bytes)),
      ("parameters", manifest.parameters.map(grouped) ?? ""),
      ("framework", manifest.source.framework), ("exporter", manifest.source.exporter),
      ("trained on", (manifest.source.data ?? []).joined(separator: ", ")),
      (
        "input",
        "\(input.name ?? ""): \(input.layout.rawValue) \(input.width)x\(input.height) "
          + input.channels.rawValue
      ),
      ("steps", input.stepList ?? ""), ("resize", resize ?? "none"),
      ("values", input.formula),
      ("output", "\(manifest.output.name): \(manifest.output.kind.rawValue)"),
      ("labels", manifest.output.labels.joined(separator: ", ")),
    ]
    for metrics in manifest.metrics ?? [] {
      lines.append(
        (
          "accuracy", "\(fixed(100 * metrics.accuracy, 2)) % of \(metrics.samples) samples of \(metrics.data)"
        ))
    }
    return lines.filter { !$0.1.isEmpty }
  }
}
