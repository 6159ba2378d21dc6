import ArgumentParser
import Aviary

struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "aviary",
    abstract: "Run, judge and compare image classifiers in the ONNX format.",
    discussion: """
      MODEL is a path to an .onnx file or the id of a model of the zoo (aviary zoo list).
      DATA is KIND:PATH, for example fer2013:DIR or folder:DIR (aviary data list).

      Data go to stdout, chatter and progress to stderr.
      Exit status: 0 fine, 1 failed, 2 wrong usage, 3 model not supported, 4 regression found.

      EXAMPLES
        aviary predict fer-cnn-bn face.jpg
        aviary evaluate model.onnx --data fer2013:DIR --split test --output report
        aviary compare --models a.onnx,b.onnx --data fer2013:DIR
        aviary inspect model.onnx
      """,
    version: AviaryVersion.text,
    subcommands: [
      PredictCommand.self, EvaluateCommand.self, CompareCommand.self, InspectCommand.self,
      CheckCommand.self, DiffCommand.self, TraceCommand.self, RunsCommand.self, MergeCommand.self, BenchCommand.self,
      RunCommand.self, OpsCommand.self, ServeCommand.self, ZooCommand.self, DataCommand.self, PluginCommand.self,
    ])
}
