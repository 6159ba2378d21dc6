import AviaryImage

/// `ultraface`: a very small single-shot network that sees every picture at 320 x 240; boxes only.
///
/// "Ultra-Light-Fast-Generic-Face-Detector-1MB", RFB-320. The boxes are decoded from their priors inside the
/// network; threshold and suppression are those of the published code.
struct UltraFace: FaceDetectorProvider {
  let name = "ultraface"
  let summary = "UltraFace RFB-320, the fastest, for near faces; [file][,score=0.7][,nms=0.3]"

  static let weights = Weights(
    detector: "ultraface",
    files: [("model", ["model.onnx", "ultraface-RFB-320.onnx", "version-RFB-320.onnx"])])

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    var argument = try DetectorArgument(argument, detector: name)
    let score = try argument.number("score", 0.7, in: 0...1)
    let nms = try argument.number("nms", 0.3, in: 0...1)
    try argument.finish()
    let path = try Self.weights.find(argument.file)["model"] ?? ""
    return UltraFaceDetector(
      network: try Network(try Self.weights.session(path), outputs: ["scores", "boxes"], detector: name),
      score: Float(score), nms: Float(nms))
  }
}

struct UltraFaceDetector: FaceDetector {
  let network: Network
  let score: Float
  let nms: Float

  private static let width = 320
  private static let height = 240
  /// Of four maps of cells with two or three boxes each: 3 (40 x 30) + 2 (20 x 15) + 2 (10 x 8) + 3 (5 x 4).
  private static let priors = 4420
  /// How many of the surest boxes are compared.
  private static let candidates = 200
  private static let normalized = (0..<256).map { (Float($0) - 127) / 128 }

  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] {
    let small: Image
    do throws(ImageError.Reason) {
      // Interpolation reads four pixels for each: of large photos it would see a few at random.
      let factor = min(image.width / (4 * Self.width), image.height / (4 * Self.height))
      small = try image.reduced(by: max(1, factor))
        .resized(width: Self.width, height: Self.height, kernel: .bilinear, antialias: false)
    } catch {
      throw DetectionError(detector: network.detector, problem: "the picture cannot be scaled: \(error)")
    }
    let tensor = try network.tensor([1, 3, Self.height, Self.width]) { planes in
      small.writePlanes(
        into: planes, width: Self.width, height: Self.height, bgr: false, padding: 0, table: Self.normalized)
    }
    let outputs = try network.run(tensor, counts: [2 * Self.priors, 4 * Self.priors])
    let boxes = self.boxes(scores: outputs[0], corners: outputs[1])
    // Boxes are parts of the picture's sides; the reference adds this to the area that two have together.
    return suppressed(boxes, threshold: nms, limit: Self.candidates) { $0.overlap($1, epsilon: 1e-5) }
      .map { boxes[$0] }.filter { $0.width > 0 && $0.height > 0 }
      .map { box in
        let (width, height) = (Double(image.width), Double(image.height))
        return DetectedFace(
          x: Double(box.left) * width, y: Double(box.top) * height, width: Double(box.width) * width,
          height: Double(box.height) * height, score: Double(box.score))
      }
  }

  /// The boxes that are sure enough; the arrays hold two scores and four corners for each prior.
  private func boxes(scores: [Float], corners: [Float]) -> [ScoredBox] {
    var boxes: [ScoredBox] = []
    for prior in 0..<Self.priors {
      let score = scores[2 * prior + 1]
      let box = ScoredBox(
        left: corners[4 * prior], top: corners[4 * prior + 1], right: corners[4 * prior + 2],
        bottom: corners[4 * prior + 3], score: score)
      let isFinite = [box.left, box.top, box.right, box.bottom].allSatisfy { abs($0) < 100 }
      if score > self.score, score <= 1, isFinite { boxes.append(box) }
    }
    return boxes
  }
}
