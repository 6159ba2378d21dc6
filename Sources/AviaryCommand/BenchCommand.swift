import ArgumentParser
import Aviary

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure loading and running a model on random input.",
    discussion: """
      The first axis of every input is the batch where the model leaves it open; other open axes are 1 unless
      --shape says otherwise. Runs are repeated for about a second, or --runs times.

      EXAMPLES
        aviary bench model.onnx
        aviary bench model.onnx --batch 8 --threads 1 --json
        aviary bench detector.onnx --shape input=1,3,480,640
        aviary bench model.onnx --profile --explain
        aviary bench model.onnx --precision bf16
      """)

  @OptionGroup var source: ModelArgument

  @Option(help: "Samples of one run.")
  var batch = 1

  @Option(help: "Number of timed runs; by default as many as fit into a second, at least 5.")
  var runs: Int?

  @Option(help: ArgumentHelp("Extents of an input; may be repeated.", valueName: "name=d,d,.."))
  var shape: [ShapeOption] = []

  @Flag(help: "Show time, speed, share of the processor's peak and bytes of each node and operator.")
  var profile = false

  @Flag(help: "Show which kernel each node got and why not a faster one, and what each pass did.")
  var explain = false

  @Flag(name: .customLong("all-times"), help: "With --json: the time of every run.")
  var allTimes = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard (1...65536).contains(batch) else { throw ValidationError("--batch \(batch): must be 1 to 65536") }
    if let runs, runs < 1 { throw ValidationError("--runs \(runs): must be at least 1") }
  }

  func run() throws {
    let reference = try ModelReference(source.reference)
    reference.warnOfOtherFile()
    let path = reference.modelPath
    let clock = ContinuousClock()
    let start = clock.now
    let loaded = try Session(path: path, options: session.options)
    let load = clock.now - start
    do throws(RunError) {
      let inputs = try RandomInputs(batch: batch, shapes: shape.byName).values(for: loaded.inputs)
      let times = try time(loaded, inputs, clock)
      let shapes = inputs.compactMapValues { $0.tensor?.shape.dims }
      let nodes = try loaded.inspect(inputShapes: shapes)
      let result = BenchResult(
        load: load, first: times.first, runs: times.runs,
        batch: batchSize(inputs, loaded.inputs.first?.name),
        multiplyAdds: nodes.reduce(0) { $0 &+ $1.multiplyAdds }, session: session, keepsTimes: allTimes)
      show(
        result, profile: profile ? try profiled(loaded, inputs) : nil,
        explanation: explain ? Explanation(loaded, nodes: nodes) : nil)
    } catch {
      throw error.at(file: path)
    }
  }

  private func time(
    _ session: Session, _ inputs: [String: Value], _ clock: ContinuousClock
  ) throws(RunError) -> (first: Duration, runs: [Duration]) {
    var start = clock.now
    _ = try session.run(inputs)
    let first = clock.now - start
    _ = try session.run(inputs)
    var times: [Duration] = []
    let begin = clock.now
    while runs.map({ times.count < $0 }) ?? (times.count < 5 || clock.now - begin < .seconds(1)) {
      start = clock.now
      _ = try session.run(inputs)
      times.append(clock.now - start)
    }
    return (first, times)
  }

  /// What images/s counts: the extent that the first input really has.
  private func batchSize(_ inputs: [String: Value], _ firstInput: String?) -> Int {
    firstInput.flatMap { inputs[$0]?.tensor?.shape.dims.first } ?? batch
  }

  /// As many profiled runs as `time` makes.
  private func profiled(
    _ session: Session, _ inputs: [String: Value]
  ) throws(RunError) -> BenchProfile {
    let clock = ContinuousClock()
    let begin = clock.now
    var timings: [[NodeTiming]] = []
    while runs.map({ timings.count < $0 }) ?? (timings.count < 5 || clock.now - begin < .seconds(1)) {
      timings.append(try session.profile(inputs).nodes)
    }
    return BenchProfile(timings, peak: session.measuredPeak())
  }

  private func show(_ result: BenchResult, profile: BenchProfile?, explanation: Explanation?) {
    if json {
      do {
        try Console.printJSON(BenchOutput(result: result, profile: profile, explanation: explanation))
      } catch {
        Console.note("\(error)")
      }
      return
    }
    print(result.text)
    if let profile { print("\n" + profile.text) }
    if let explanation { print("\n" + explanation.text) }
  }
}
