import AviaryImage
import Foundation

/// `yunet`: a small single-shot network with five landmarks.
///
/// W. Wu, H. Peng and S. Yu (2023), YuNet: a tiny millisecond-level face detector. The numbers are those of
/// OpenCV's `FaceDetectorYN`.
struct YuNet: FaceDetectorProvider {
  let name = "yunet"
  let summary = "YuNet, boxes and landmarks; [file][,score=0.8][,nms=0.3][,side=1024]"

  static let weights = Weights(
    detector: "yunet",
    files: [("model", ["model.onnx", "opencv_yunet_2023mar.onnx", "face_detection_yunet_2023mar.onnx"])])

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    var argument = try DetectorArgument(argument, detector: name)
    let score = try argument.number("score", 0.8, in: 0...1)
    let nms = try argument.number("nms", 0.3, in: 0...1)
    let side = try argument.side(1024)
    try argument.finish()
    let path = try Self.weights.find(argument.file)["model"] ?? ""
    let outputs = ["cls", "obj", "bbox", "kps"].flatMap { kind in
      YuNetDetector.strides.map { "\(kind)_\($0)" }
    }
    return YuNetDetector(
      network: try Network(try Self.weights.resizableSession(path), outputs: outputs, detector: name),
      score: Float(score), nms: Float(nms), side: side)
  }
}

struct YuNetDetector: FaceDetector {
  let network: Network
  let score: Float
  let nms: Float
  let side: Int

  static let strides = [8, 16, 32]
  /// The largest stride: sides are filled up to multiples of it.
  private static let divisor = 32
  /// Faces above some 300 pixels are larger than what the network saw in training.
  private static let smallSide = 320
  private static let raw = (0..<256).map(Float.init)

  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] {
    let picture = try ScaledPicture(image, side: side, detector: network.detector)
    let faces = try search(picture)
    guard faces.isEmpty, side > Self.smallSide else { return faces }
    guard max(picture.image.width, picture.image.height) > Self.smallSide else { return [] }
    // A face that fills the picture is found where the picture is small.
    return try search(ScaledPicture(image, side: Self.smallSide, detector: network.detector))
  }

  private func search(_ picture: ScaledPicture) throws(DetectionError) -> [DetectedFace] {
    let image = picture.image
    let width = (image.width + Self.divisor - 1) / Self.divisor * Self.divisor
    let height = (image.height + Self.divisor - 1) / Self.divisor * Self.divisor
    let tensor = try network.tensor([1, 3, height, width]) { planes in
      image.writePlanes(into: planes, width: width, height: height, bgr: true, padding: 0, table: Self.raw)
    }
    let cells = Self.strides.map { (width / $0) * (height / $0) }
    let outputs = try network.run(
      tensor, counts: [1, 1, 4, 10].flatMap { values in cells.map { $0 * values } })
    var found: [Prior] = []
    for level in Self.strides.indices {
      decode(
        stride: Self.strides[level], columns: width / Self.strides[level], classes: outputs[level],
        objects: outputs[level + 3], boxes: outputs[level + 6], points: outputs[level + 9], into: &found)
    }
    return suppressed(found.map(\.truncated), threshold: nms) { $0.overlap($1) }
      .map { picture.original(found[$0].face) }
  }

  /// A cell of the network's grids that shows a face, in pixels.
  private struct Prior {
    let x: Float
    let y: Float
    let width: Float
    let height: Float
    let score: Float
    let landmarks: [ImagePoint]

    var face: DetectedFace {
      DetectedFace(
        x: Double(x), y: Double(y), width: Double(width), height: Double(height), score: Double(score),
        landmarks: landmarks)
    }

    /// The box in whole pixels: what OpenCV compares boxes by.
    var truncated: ScoredBox {
      let (left, top) = (x.rounded(.towardZero), y.rounded(.towardZero))
      return ScoredBox(
        left: left, top: top, right: left + width.rounded(.towardZero),
        bottom: top + height.rounded(.towardZero), score: score)
    }
  }

  /// The cells of one stride whose score, the root of class times objectness, is high enough. The arrays hold
  /// 1, 1, 4 and 10 values a cell.
  private func decode(
    stride: Int, columns: Int, classes: [Float], objects: [Float], boxes: [Float], points: [Float],
    into found: inout [Prior]
  ) {
    let unit = Float(stride)
    for cell in classes.indices {
      let product = min(max(classes[cell], 0), 1) * min(max(objects[cell], 0), 1)
      let score = product.squareRoot()
      guard score >= self.score else { continue }
      let column = Float(cell % columns)
      let row = Float(cell / columns)
      let width = exp(boxes[4 * cell + 2]) * unit
      let height = exp(boxes[4 * cell + 3]) * unit
      let x = (column + boxes[4 * cell]) * unit - width / 2
      let y = (row + boxes[4 * cell + 1]) * unit - height / 2
      guard [x, y, width, height].allSatisfy({ $0.isFinite && abs($0) < 1e6 }), width > 0, height > 0 else {
        continue
      }
      let landmarks = (0..<5).map { point in
        ImagePoint(
          x: Double((points[10 * cell + 2 * point] + column) * unit),
          y: Double((points[10 * cell + 2 * point + 1] + row) * unit))
      }
      guard landmarks.allSatisfy({ abs($0.x) < 1e6 && abs($0.y) < 1e6 }) else { continue }
      found.append(Prior(x: x, y: y, width: width, height: height, score: score, landmarks: landmarks))
    }
  }
}
