import Aviary
import Foundation

/// What a model costs, measured in a process that does nothing else: only so is its memory its own.
struct CostProbe {
  let session: SessionFlags

  private struct Result: Decodable {
    let load: Double
    let peak: Double
    let times: [Double]

    private enum CodingKeys: String, CodingKey {
      case load = "load_ms"
      case peak = "peak_rss_mb"
      case times = "times_ms"
    }
  }

  var threads: Int {
    session.threads > 0 ? session.threads : ProcessInfo.processInfo.activeProcessorCount
  }

  /// - Throws: `CommandError` where the process fails, `RunError`.
  func measure(_ row: ComparedModels.Row) throws -> RunCost {
    let contract = row.classifier.contract
    let batch = contract.batch ?? 1
    let shape = contract.input.shape(batch: batch)
    var arguments = [
      "bench", row.classifier.reference.modelPath, "--batch", "\(batch)", "--threads", "\(session.threads)",
      "--precision", row.precision.rawValue, "--all-times", "--json",
      "--shape", "\(contract.inputName)=\(shape.map(String.init).joined(separator: ","))",
    ]
    for pass in session.disabledPasses { arguments += ["--disable-pass", pass] }
    if session.noOptimize { arguments.append("--no-optimize") }
    for plugin in session.plugins.paths { arguments += ["--plugin", plugin] }

    let output = try Self.run(arguments, about: row.name)
    let result = try JSONDecoder().decode(Result.self, from: output)
    let nodes = try row.classifier.session.inspect(inputShapes: [contract.inputName: shape])
    let weights = row.classifier.session.importedGraph.initializers.values
    return RunCost(
      parameters: row.classifier.reference.manifest?.parameters
        ?? weights.reduce(0) { $0 + ($1.elementType.isFloatingPoint ? $1.count : 0) },
      multiplyAdds: nodes.reduce(0) { $0 &+ $1.multiplyAdds } / batch, loadMilliseconds: result.load,
      milliseconds: result.times.map { $0 / Double(batch) }, peakMiB: result.peak, threads: threads)
  }

  private static func run(_ arguments: [String], about name: String) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw CommandError("\(name): measuring its cost failed: \(error.localizedDescription)")
    }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandError(
        "\(name): measuring its cost failed (status \(process.terminationStatus)); try --no-cost")
    }
    return data
  }
}
