import ArgumentParser
import Aviary
import Foundation

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Find faces in pictures and films and classify each.",
    discussion: """
      EXAMPLES
        aviary predict photo.jpg                             # faces, by the best detector and model here
        aviary predict photo.jpg --models fer-cnn,fer-resnet10 --annotate out.png
        aviary predict photo.jpg --detector haar:alt2,neighbors=4 --json
        aviary predict holiday/ --models fer-cnn             # a folder; ends with the share of each class
        aviary predict --video clip.avi --output report/    # AVI or MJPEG file, or a folder of frames
        aviary predict fer-cnn-bn face.jpg                   # a picture that is one face already
        aviary predict model.onnx face.jpg --labels csv --scale 1/255 --mean 0.5 --std 0.5
        aviary predict fer-cnn-bn face.jpg --tap /network/network.2/Relu --output features.npy

      A picture without a face is an answer, not an error. Weights of detectors come with 'aviary zoo pull',
      cascades with the package opencv-data.
      """)

  @Argument(help: "JPEG or PNG files or folders of them (films with --video); a model may stand before them.")
  var inputs: [String]

  @Option(
    name: [.customLong("models"), .customLong("model")],
    help: "Models to ask: files or ids of the zoo, separated by commas, or all.")
  var models: String?

  @Option(help: "Number of classes to show, the likeliest first.")
  var top = 3

  @Option(
    help: ArgumentHelp(
      "Draw boxes and labels over the picture; a folder where several pictures are given.",
      valueName: "out.png"))
  var annotate: String?

  @Flag(name: .customLong("skip-bad"), help: "Go on after images that cannot be read; the status is still 1.")
  var skipBad = false

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Read films: every frame's faces, followed and evened out over time.")
  var video = false

  @Option(
    help: ArgumentHelp(
      "Write a film's frames.csv and timeline.svg/.png into this folder, or what --tap takes into this file.",
      valueName: "path"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Write what a node (as 'inspect' lists them) computes of every face as a NumPy file, --output.",
      valueName: "node"))
  var tap: String?

  @OptionGroup(title: "Faces") var faces: FaceFlags
  @OptionGroup(title: "Films") var film: FilmFlags
  @OptionGroup(title: "Input contract") var contract: ContractFlags
  @OptionGroup(title: "Session options") var session: SessionFlags

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top \(top): must be at least 1") }
    if models == nil, inputs.count == 1, !PredictInputs.isPicture(inputs[0]) {
      throw ValidationError("no images are given")
    }
    guard tap == nil || output != nil else { throw ValidationError("--tap needs --output FILE.npy") }
    guard output == nil || tap != nil || video else {
      throw ValidationError("--output is for --video and --tap")
    }
    guard !(video && (annotate != nil || tap != nil)) else {
      throw ValidationError("--video goes with neither --annotate nor --tap")
    }
  }

  func run() throws {
    session.announcePrecision()
    let plugins = try session.plugins.registry()
    let inputs = try PredictInputs(inputs, models: models)
    let name = faces.detector ?? (inputs.isModelFirst && !video ? "none" : "auto")
    let detector = try plugins.detector(name)
    let classifiers = try inputs.models.map {
      try loadClassifier($0, contract: contract, options: session.options, plugins: plugins)
    }
    let analyzer = FaceAnalyzer(
      detector: detector, named: name, classifiers: classifiers, options: faces.options)
    if let taken = detector.label { Console.note("detector: \(taken)") }
    if video {
      try FilmReport(analyzer, film, faces.decoding).run(inputs.paths, output: output, json: json)
    } else if let tap, let output {
      try NodeTap(tap, analyzer).run(try PictureList(inputs.paths), faces.decoding, output: output)
    } else {
      try report(analyzer, inputs)
    }
  }

  private func report(_ analyzer: FaceAnalyzer, _ inputs: PredictInputs) throws {
    let pictures = try PictureList(inputs.paths)
    var report = PictureReport(
      detector: analyzer.detectorName, top: top, precision: session.precision, models: inputs.models.count,
      isTotalled: pictures.isFolder)
    let drawing = try annotate.map { try PictureDrawing($0, isFolder: pictures.paths.count != 1) }
    var failed = 0
    let progress = ProgressBar("predict")
    for (index, path) in pictures.paths.enumerated() {
      do {
        let image = try Image(contentsOf: path, options: faces.decoding)
        let analysis = try analysis(of: image, path, analyzer)
        if analysis.found > analysis.faces.count {
          Console.note("\(path): of \(analysis.found) faces the surest are taken (--max-faces)")
        }
        if analysis.faces.isEmpty { Console.note("\(path): no face was found") }
        report.add(analysis, of: path)
        try drawing?.draw(analysis, on: image, path)
      } catch {
        // In a folder one bad file does not hide the others' answers.
        guard skipBad || pictures.isFolder, error is ImageError else { throw error }
        failed += 1
        Console.note("skipped: \(ExitStatus.describe(error))")
      }
      if pictures.paths.count > 20 { progress.update(index + 1, of: pictures.paths.count) }
    }
    try report.print(asJSON: json)
    if failed > 0 { throw CommandError("\(failed) of \(pictures.paths.count) images could not be read") }
  }

  /// - Throws: `ImageError` that names the picture, where it is to blame.
  private func analysis(of image: Image, _ path: String, _ analyzer: FaceAnalyzer) throws -> FaceAnalysis {
    do { return try analyzer.analyze(image) } catch let reason as ImageError.Reason {
      throw ImageError(path: path, reason: reason)
    }
  }
}
