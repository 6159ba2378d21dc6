import AviaryImage

/// `mtcnn`: three networks, each looks closer at what the one before proposes; boxes and five landmarks.
///
/// K. Zhang, Z. Zhang, Z. Li and Y. Qiao (2016), Joint face detection and alignment using multi-task cascaded
/// convolutional networks. The numbers are those of facenet-pytorch.
struct MTCNN: FaceDetectorProvider {
  let name = "mtcnn"
  let summary =
    "MTCNN, boxes and landmarks; [folder][,min=20][,factor=0.709][,p=0.6][,r=0.7][,o=0.7][,side=1024]"

  static let weights = Weights(
    detector: "mtcnn",
    files: ["pnet", "rnet", "onet"].map { ($0, ["\($0).onnx", "mtcnn_\($0).onnx"]) })

  func open(_ argument: String?) throws(DetectionError) -> any FaceDetector {
    var argument = try DetectorArgument(argument, detector: name)
    let smallest = try argument.number("min", 20, in: 12...10_000)
    let factor = try argument.number("factor", 0.709, in: 0.1...0.95)
    var thresholds: [Float] = []
    for (key, normal) in [("p", 0.6), ("r", 0.7), ("o", 0.7)] {
      thresholds.append(Float(try argument.number(key, normal, in: 0...1)))
    }
    let side = try argument.side(1024)
    try argument.finish()

    let paths = try Self.weights.find(argument.file)
    func network(_ role: String, _ outputs: [String]) throws(DetectionError) -> Network {
      try Network(try Self.weights.session(paths[role] ?? ""), outputs: outputs, detector: name)
    }
    return MTCNNDetector(
      proposals: try network("pnet", ["reg", "prob"]), refinement: try network("rnet", ["reg", "prob"]),
      output: try network("onet", ["reg", "prob", "landmarks"]), smallest: smallest, factor: factor,
      thresholds: thresholds, side: side)
  }
}

struct MTCNNDetector: FaceDetector {
  let proposals: Network
  let refinement: Network
  let output: Network
  /// The side of the smallest face, in pixels.
  let smallest: Double
  /// From one picture of the pyramid to the next.
  let factor: Double
  /// Of the three networks.
  let thresholds: [Float]
  let side: Int

  /// The side of the window that the first network looks at, and the step between two.
  private static let window = 12
  private static let stride = 2
  /// Boxes that one stage hands to the next at most: a picture of noise must not take minutes.
  private static let most = 2000

  func detect(_ image: Image) throws(DetectionError) -> [DetectedFace] {
    let picture = try ScaledPicture(image, side: side, detector: output.detector)
    let integral = AreaIntegral(picture.image)
    let proposed = try propose(integral)
    let refined = try refine(proposed, integral)
    return try finish(refined, integral).map(picture.original)
  }

  // MARK: The first network, over a pyramid of pictures

  private func propose(_ integral: AreaIntegral) throws(DetectionError) -> [ScoredBox] {
    var scale = Double(Self.window) / smallest
    var shorter = Double(min(integral.width, integral.height)) * scale
    var boxes: [ScoredBox] = []
    var shifts: [[Float]] = []
    while shorter >= Double(Self.window) {
      try propose(integral, scale: scale, &boxes, &shifts)
      scale *= factor
      shorter *= factor
    }
    return suppressed(boxes, threshold: 0.7, limit: Self.most) { $0.overlap($1) }
      .map { boxes[$0].shifted(by: shifts[$0], rim: 0).squared }
  }

  /// Adds what one picture of the pyramid shows, where it does not overlap too much.
  private func propose(
    _ integral: AreaIntegral, scale: Double, _ boxes: inout [ScoredBox], _ shifts: inout [[Float]]
  ) throws(DetectionError) {
    let width = Int(Double(integral.width) * scale + 1)
    let height = Int(Double(integral.height) * scale + 1)
    let tensor = try proposals.tensor([1, 3, height, width]) { planes in
      integral.writeMeans(
        of: 0..<integral.width, 0..<integral.height, into: planes, width: width, height: height)
    }
    // Window, then a pooling by two that rounds up.
    func cells(_ side: Int) -> Int { (side - 2 + 1) / 2 - 4 }
    let columns = cells(width)
    let rows = cells(height)
    guard columns > 0, rows > 0 else { return }
    let outputs = try proposals.run(tensor, counts: [4 * columns * rows, 2 * columns * rows])
    let (moves, scores) = (outputs[0], outputs[1])
    let plane = columns * rows
    var found: [ScoredBox] = []
    var cellsFound: [Int] = []
    for cell in 0..<plane where scores[plane + cell] >= thresholds[0] {
      func edge(_ position: Int, _ offset: Int) -> Float {
        (Float(Self.stride * position + offset) / Float(scale)).rounded(.down)
      }
      found.append(
        ScoredBox(
          left: edge(cell % columns, 1), top: edge(cell / columns, 1),
          right: edge(cell % columns, Self.window), bottom: edge(cell / columns, Self.window),
          score: scores[plane + cell]))
      cellsFound.append(cell)
    }
    for index in suppressed(found, threshold: 0.5, limit: Self.most, overlap: { $0.overlap($1) }) {
      boxes.append(found[index])
      shifts.append((0..<4).map { moves[$0 * plane + cellsFound[index]] })
    }
  }

  // MARK: The second and third, over crops

  private func refine(
    _ proposed: [ScoredBox], _ integral: AreaIntegral
  ) throws(DetectionError) -> [ScoredBox] {
    let crops = CropBatch(proposed, integral)
    let results = try crops.run(refinement, side: 24, values: [4, 2])
    let sure = crops.boxes.indices.filter { results[1][2 * $0 + 1] > thresholds[1] }
    let scored = sure.map { crops.boxes[$0].scored(results[1][2 * $0 + 1]) }
    return suppressed(scored, threshold: 0.7) { $0.overlap($1) }.map { index in
      scored[index].shifted(by: Array(results[0][4 * sure[index]..<4 * sure[index] + 4]), rim: 1).squared
    }
  }

  private func finish(
    _ refined: [ScoredBox], _ integral: AreaIntegral
  ) throws(DetectionError) -> [DetectedFace] {
    let crops = CropBatch(refined, integral)
    let results = try crops.run(output, side: 48, values: [4, 2, 10])
    let sure = crops.boxes.indices.filter { results[1][2 * $0 + 1] > thresholds[2] }
    let shifted = sure.map { index in
      crops.boxes[index].scored(results[1][2 * index + 1])
        .shifted(by: Array(results[0][4 * index..<4 * index + 4]), rim: 1)
    }
    // Of two faces in one place the smaller area counts, and sides by whole pixels.
    let kept = suppressed(shifted, threshold: 0.7) { kept, other in
      func area(_ box: ScoredBox) -> Float { (box.width + 1) * (box.height + 1) }
      return kept.intersection(other, rim: 1) / min(area(kept), area(other))
    }
    return kept.compactMap { index in
      let box = shifted[index]
      let crop = crops.boxes[sure[index]]
      let points = results[2][10 * sure[index]..<10 * sure[index] + 10].map { $0 }
      let landmarks = (0..<5).map { point in
        ImagePoint(
          x: Double(points[point] * (crop.width + 1) + crop.left - 1),
          y: Double(points[point + 5] * (crop.height + 1) + crop.top - 1))
      }
      let face = DetectedFace(
        x: Double(box.left), y: Double(box.top), width: Double(box.width), height: Double(box.height),
        score: Double(min(1, max(0, box.score))), landmarks: landmarks)
      return face.problem == nil ? face : nil
    }
  }
}
