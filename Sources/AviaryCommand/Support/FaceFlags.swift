import ArgumentParser
import Aviary

/// How faces are found and cut out.
struct FaceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Find faces with this detector: auto, yunet, mtcnn, ultraface, haar, none (the whole picture is the \
      face) or one of a plugin; 'aviary plugin list' shows what each takes after the colon. By default auto; \
      none where a model stands before the pictures.
      """, valueName: "name[:argument]"))
  var detector: String?

  @Option(help: "Widen a face's box on each side, by a part of the side; negative values cut into it.")
  var margin = 0.0

  @Flag(name: .customLong("no-square"), help: "Cut faces out as their boxes are, not as squares.")
  var noSquare = false

  @Flag(name: .customLong("no-align"), help: "Do not turn faces so that their eyes lie level.")
  var noAlign = false

  @Option(name: .customLong("max-faces"), help: "The most faces of one picture; the surest count.")
  var maxFaces = 100

  @Option(name: .customLong("min-score"), help: "Leave out faces of which the detector is less sure, 0 to 1.")
  var minScore = 0.0

  @Option(
    name: .customLong("max-pixels"), help: "Refuse pictures of more pixels before they are decoded.")
  var maxPixels = DecodeOptions().maxPixels

  func validate() throws {
    if let problem = options.cropping.problem { throw ValidationError("--margin: \(problem)") }
    guard (1...10_000).contains(maxFaces) else {
      throw ValidationError("--max-faces \(maxFaces): must be 1 to 10000")
    }
    guard (0...1).contains(minScore) else { throw ValidationError("--min-score \(minScore): must be 0 to 1") }
    guard maxPixels > 0 else { throw ValidationError("--max-pixels \(maxPixels): must be at least 1") }
  }

  var options: FaceAnalyzer.Options {
    var options = FaceAnalyzer.Options()
    options.cropping = FaceCropping(margin: margin, square: !noSquare, aligned: !noAlign)
    options.maximumFaces = maxFaces
    options.minimumScore = minScore
    return options
  }

  var decoding: DecodeOptions {
    var options = DecodeOptions()
    options.maxPixels = maxPixels
    return options
  }
}
