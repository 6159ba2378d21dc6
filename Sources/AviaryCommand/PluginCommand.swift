import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "What plugins add; writing and checking plugins.",
    discussion: """
      A plugin that is loaded (--plugin PATH, AVIARY_PLUGINS) is code that runs with your rights: load only
      what you trust.

      EXAMPLES
        aviary plugin list
        aviary plugin new my-plugin --language c
        aviary plugin check libmy-plugin.so
      """,
    subcommands: [PluginListCommand.self, PluginCheckCommand.self, PluginNewCommand.self])
}
