import AviaryImage
import Foundation

/// `haar`: a cascade of boosted Haar features, in OpenCV's XML.
///
/// P. Viola and M. Jones (2001), Rapid object detection using a boosted cascade of simple features; R.
/// Lienhart and J. Maydt (2002) for the tilted features. Scan and grouping are those of OpenCV's
/// `CascadeClassifier`.
struct Haar: FaceDetectorProvider {
  let name = "haar"
  let summary =
    "cascade of Haar features from opencv-data; [default|alt|alt2|profile|file.xml][,scale=1.1][,neighbors=5]"
    + "[,min=30][,max=0][,side=640]"

  /// Where Debian's and others' packages put the cascades.
  static let folders = [
    "/usr/share/opencv4/haarcascades", "/usr/local/share/opencv4/haarcascades",
    "/usr/share/opencv/haarcascades",
  ]

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    var argument = try DetectorArgument(argument, detector: name)
    var options = CascadeScan.Options()
    options.scale = try argument.number("scale", 1.1, in: 1.01...10)
    options.neighbors = try argument.integer("neighbors", 5, in: 0...1000)
    options.smallest = try argument.integer("min", 30, in: 0...100_000)
    options.largest = try argument.integer("max", 0, in: 0...100_000)
    let side = try argument.side(640)
    try argument.finish()
    let path = try Self.path(argument.file ?? "default")
    let cascade: Cascade
    do throws(CascadeError) { cascade = try Cascade(contentsOf: path) } catch {
      throw DetectionError(detector: name, problem: "\(error)")
    }
    return HaarDetector(cascade: cascade, options: options, side: side)
  }

  /// The file of a cascade: a path, or a name as in `haarcascade_NAME.xml` or
  /// `haarcascade_frontalface_NAME.xml`.
  private static func path(_ place: String) throws(DetectionError) -> String {
    let files = FileManager.default
    if place.contains("/") || place.hasSuffix(".xml") {
      guard files.fileExists(atPath: place) else {
        throw DetectionError(detector: "haar", problem: "\(place): there is no such file")
      }
      return place
    }
    let names = ["frontalface_\(place)", "\(place)face", place].map { "haarcascade_\($0).xml" }
    for folder in folders {
      if let name = names.first(where: { files.fileExists(atPath: "\(folder)/\($0)") }) {
        return "\(folder)/\(name)"
      }
    }
    if let folder = folders.first(where: files.fileExists) {
      throw DetectionError(detector: "haar", problem: "\(folder) has no \(names[0])")
    }
    throw DetectionError(
      detector: "haar",
      problem: "there are no cascades here; 'apt install opencv-data' brings them, or name a file: haar:PATH")
  }
}

struct HaarDetector: FaceDetector {
  let cascade: Cascade
  let options: CascadeScan.Options
  let side: Int

  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] {
    let picture = try ScaledPicture(image, side: side, detector: "haar")
    // The smallest face is meant in pixels of the user's picture.
    var options = options
    options.smallest = Int((Double(options.smallest) / picture.scaleX).rounded(.up))
    options.largest = Int((Double(options.largest) / picture.scaleX).rounded(.up))
    let windows = try CascadeScan(cascade, options).windows(of: GreyPicture(picture.image))
    return RectangleGroup.groups(windows, neighbors: options.neighbors).map { group in
      // A cascade says yes or no; how often it says yes about one place is all there is to rank by.
      let score = Double(group.count) / Double(group.count + 3)
      return picture.original(
        DetectedFace(
          x: Double(group.rectangle.x), y: Double(group.rectangle.y),
          width: Double(group.rectangle.width), height: Double(group.rectangle.height), score: score))
    }
    .enumerated().sorted { ($0.element.score, $1.offset) > ($1.element.score, $0.offset) }.map(\.element)
  }
}
