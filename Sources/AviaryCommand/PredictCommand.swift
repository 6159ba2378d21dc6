import ArgumentParser
import Aviary

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify images.",
    discussion: """
      EXAMPLES
        aviary predict fer-cnn-bn face.jpg
        aviary predict model.onnx a.png b.png --top 3 --json
        aviary predict model.onnx face.jpg --labels csv --scale 1/255 --mean 0.5 --std 0.5
        aviary predict fer-cnn-bn photo.jpg --plugin libmine.so --detector mine
      """)

  @Argument(help: "A model file or the id of a zoo model.")
  var model: String

  @Argument(help: "JPEG or PNG files.")
  var images: [String]

  @Option(help: "Number of classes to show, the likeliest first.")
  var top = 3

  @Option(
    help: ArgumentHelp(
      "Find faces with this detector and classify each; by default the whole picture is the face.",
      valueName: "name[:argument]"))
  var detector = "none"

  @Flag(name: .customLong("skip-bad"), help: "Go on after images that cannot be read; the status is still 1.")
  var skipBad = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top \(top): must be at least 1") }
    guard !images.isEmpty else { throw ValidationError("no images are given") }
  }

  private struct Prediction: Encodable {
    struct Score: Encodable {
      let label: String
      let probability: Float
    }
    let image: String
    let face: DetectedFace
    let scores: [Score]
    let precision: Precision
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    let detector = try plugins.detector(detector)
    let classifier = try loadClassifier(
      model, contract: contract, options: session.options, plugins: plugins)
    var predictions: [Prediction] = []
    var failed = 0
    for path in images {
      do {
        let found = try predict(path, detector, classifier)
        if found.isEmpty { Console.note("\(path): no face was found") }
        predictions += found
      } catch {
        guard skipBad else { throw error }
        failed += 1
        Console.note("skipped: \(ExitStatus.describe(error))")
      }
    }
    if json { try Console.printJSON(predictions) } else { show(predictions) }
    if failed > 0 { throw CommandError("\(failed) of \(images.count) images could not be read") }
  }

  /// One prediction a face.
  private func predict(
    _ path: String, _ detector: any FaceDetector, _ classifier: Classifier
  ) throws -> [Prediction] {
    let image = try Image(contentsOf: path)
    let faces = try detector.detect(image)
    do {
      let crops = try faces.map { face throws(ImageError.Reason) in try image.cropped(to: face) }
      let rows = try classifier.classify(crops)
      return zip(faces, rows).map { face, row in
        Prediction(
          image: path, face: face, scores: ranked(row, classifier.contract.labels),
          precision: session.precision)
      }
    } catch let reason as ImageError.Reason {
      throw ImageError(path: path, reason: reason)
    }
  }

  private func ranked(_ row: [Float], _ labels: [String]?) -> [Prediction.Score] {
    let names = labels ?? row.indices.map { "class \($0)" }
    return zip(names, row).sorted { $0.1 > $1.1 }.prefix(top).map {
      Prediction.Score(label: $0.0, probability: $0.1)
    }
  }

  private func show(_ predictions: [Prediction]) {
    var table = TextTable([("image", .left), ("label", .left), ("probability", .right)])
    for prediction in predictions {
      for (rank, score) in prediction.scores.enumerated() {
        table.add([
          rank == 0 ? name(of: prediction) : "", score.label, "\(fixed(100 * Double(score.probability), 2)) %",
        ])
      }
    }
    print(table.text)
  }

  /// The picture, and where in it where there may be several faces.
  private func name(of prediction: Prediction) -> String {
    guard detector != "none" else { return prediction.image }
    let face = prediction.face
    return "\(prediction.image) \(fixed(face.width, 0))x\(fixed(face.height, 0)) at "
      + "\(fixed(face.x, 0)),\(fixed(face.y, 0))"
  }
}
