import AviaryImage

/// The squares of a picture that a network is to look at, as one batch.
struct CropBatch {
  /// Those that lie in the picture, with whole corners inside it, counted from 1.
  let boxes: [ScoredBox]
  private let integral: AreaIntegral

  /// Crops of one run at most.
  private static let largest = 256

  init(_ boxes: [ScoredBox], _ integral: AreaIntegral) {
    self.integral = integral
    self.boxes = boxes.filter { box in
      let (columns, rows) = Self.pixels(box, integral)
      return !columns.isEmpty && !rows.isEmpty
    }
  }

  /// The pixels of a box. Boxes count from 1 and their far corners belong to them.
  private static func pixels(_ box: ScoredBox, _ integral: AreaIntegral) -> (Range<Int>, Range<Int>) {
    func range(_ low: Float, _ high: Float, _ limit: Int) -> Range<Int> {
      // Clamped before they become integers; what is no number comes out empty.
      guard low.isFinite, high.isFinite else { return 0..<0 }
      let start = Int(max(1, min(low.rounded(.towardZero), Float(limit) + 1))) - 1
      let end = Int(max(0, min(high.rounded(.towardZero), Float(limit))))
      return start..<max(start, end)
    }
    return (range(box.left, box.right, integral.width), range(box.top, box.bottom, integral.height))
  }

  /// What a network gives for all crops at `side` x `side` pixels.
  ///
  /// - Parameter values: of each output, per crop.
  /// - Returns: the outputs, crop after crop.
  /// - Throws: `DetectionError`.
  func run(_ network: Network, side: Int, values: [Int]) throws(DetectionError) -> [[Float]] {
    var results = [[Float]](repeating: [], count: values.count)
    for start in stride(from: 0, to: boxes.count, by: Self.largest) {
      let part = boxes[start..<min(start + Self.largest, boxes.count)]
      // A session plans for each batch size that it meets: few sizes, few plans.
      let size = Self.padded(part.count)
      let plane = 3 * side * side
      let tensor = try network.tensor([size, 3, side, side]) { target in
        for (index, box) in part.enumerated() {
          let (columns, rows) = Self.pixels(box, integral)
          integral.writeMeans(
            of: columns, rows,
            into: UnsafeMutableBufferPointer(rebasing: target[index * plane..<(index + 1) * plane]),
            width: side, height: side)
        }
        target[(part.count * plane)...].update(repeating: 0)
      }
      let outputs = try network.run(tensor, counts: values.map { $0 * size })
      for (index, output) in outputs.enumerated() {
        results[index] += output.prefix(values[index] * part.count)
      }
    }
    return results
  }

  private static func padded(_ count: Int) -> Int {
    var size = 1
    while size < count { size *= 2 }
    return size
  }
}

extension ScoredBox {
  func scored(_ score: Float) -> ScoredBox {
    var box = self
    box.score = score
    return box
  }

  /// The corners moved by parts of the sides, which count `rim` pixels more than their difference.
  func shifted(by parts: [Float], rim: Float) -> ScoredBox {
    let (width, height) = (width + rim, height + rim)
    return ScoredBox(
      left: left + parts[0] * width, top: top + parts[1] * height, right: right + parts[2] * width,
      bottom: bottom + parts[3] * height, score: score)
  }

  /// The square about the same centre with the longer side.
  var squared: ScoredBox {
    let side = max(width, height)
    let (x, y) = (left + width * 0.5 - side * 0.5, top + height * 0.5 - side * 0.5)
    return ScoredBox(left: x, top: y, right: x + side, bottom: y + side, score: score)
  }
}
