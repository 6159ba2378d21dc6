import ArgumentParser
import Aviary

struct DataInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Count samples by class and split, find exact duplicates and contradictory labels.",
    discussion: """
      Every picture is decoded; two are duplicates when all their pixels agree.

      EXAMPLES
        aviary data info fer2013:DIR
        aviary data info folder:DIR --json
      """)

  @Argument(help: ArgumentHelp("The data set.", valueName: "kind:path"))
  var data: String

  @Flag(name: .customLong("skip-bad"), help: "Leave out what cannot be read, and count it.")
  var skipBad = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var plugins: PluginFlags

  func run() throws {
    let registry = try plugins.registry()
    let (provider, path) = try usage { try registry.reference(data) }
    let bar = ProgressBar("reading")
    let info = try DataInfo(provider, path: path, options: DatasetOptions(skipBad: skipBad)) {
      bar.update($0, of: $1)
    }
    if json { try Console.printJSON(info) } else { print(info.text) }
    let bad = info.splits.filter { $0.parts.isEmpty }.flatMap(\.bad)
    if !bad.isEmpty {
      Console.warning("\(bad.count) entries could not be read and are left out; the first: \(bad[0])")
    }
  }
}

extension DataInfo {
  /// For people: counts, then what is wrong.
  fileprivate var text: String {
    var counts = TextTable(
      [("class", .left)] + splits.map { ($0.name, .right) })
    for (index, name) in classes.enumerated() {
      counts.add([name] + splits.map { grouped($0.counts.indices.contains(index) ? $0.counts[index] : 0) })
    }
    counts.add(["all"] + splits.map { grouped($0.samples) })
    counts.add(["distinct"] + splits.map { grouped($0.distinct) })
    var parts = ["data  \(kind):\(path)", counts.text]
    let shared = overlaps.filter { $0.firstSamples > 0 || $0.secondSamples > 0 }
    if !shared.isEmpty {
      parts.append(
        shared.map {
          "\(grouped($0.secondSamples)) samples of '\($0.second)' stand pixel for pixel in '\($0.first)' "
            + "too, as \(grouped($0.firstSamples)) samples there; \(grouped($0.contradictory)) under another label"
        }.joined(separator: "\n"))
    }
    let repeats = splits.filter { $0.samples > $0.distinct }
    if !repeats.isEmpty {
      parts.append(
        repeats.map {
          "\(grouped($0.samples - $0.distinct)) samples of '\($0.name)' repeat another one of it"
        }
        .joined(separator: "\n"))
    }
    if !contradictions.isEmpty {
      let examples = contradictions.prefix(5).map { contradiction in
        "  " + zip(contradiction.ids, contradiction.labels).map { "\($0) (\($1))" }.joined(separator: ", ")
      }
      parts.append(
        "\(grouped(contradictions.count)) pictures stand under more than one label, such as\n"
          + examples.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }
}
