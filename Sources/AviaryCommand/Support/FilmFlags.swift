import ArgumentParser
import Aviary

/// How films are read and their faces followed.
struct FilmFlags: ParsableArguments {
  @Option(help: "Pictures a second; by default what an AVI file says, else 25.")
  var fps: Double?

  @Option(name: .customLong("max-frames"), help: "Stop after so many frames.")
  var maxFrames = 1_000_000

  @Option(help: "Even probabilities out over so many seconds; 0 leaves them as they are.")
  var smoothing = 0.5

  @Option(
    name: .customLong("min-overlap"), help: "How much boxes of one face overlap from frame to frame, 0 to 1.")
  var minOverlap = 0.3

  @Option(help: "How many seconds a face may be out of sight and still be the same.")
  var patience = 0.5

  func validate() throws {
    if let fps, !(fps > 0 && fps <= 10_000) {
      throw ValidationError("--fps \(fps): must be above 0, at most 10000")
    }
    guard maxFrames > 0 else { throw ValidationError("--max-frames \(maxFrames): must be at least 1") }
    for (name, value) in [("smoothing", smoothing), ("patience", patience)] {
      guard (0...3600).contains(value) else {
        throw ValidationError("--\(name) \(value): must be 0 to 3600 seconds")
      }
    }
    guard (0...1).contains(minOverlap) else {
      throw ValidationError("--min-overlap \(minOverlap): must be 0 to 1")
    }
  }

  var options: VideoOptions {
    var options = VideoOptions()
    if let fps {
      options.framesPerSecond = fps
      options.overridesRate = true
    }
    options.maximumFrames = maxFrames
    return options
  }
}
