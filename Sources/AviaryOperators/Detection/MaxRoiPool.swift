import AviaryCore
import AviaryKernels

/// For every region `(batch, x1, y1, x2, y2)`: the maximum of the pixels in each bin of a grid over it.
///
/// ONNX `MaxRoiPool` (Girshick, "Fast R-CNN", 2015), all versions. Corners are scaled and rounded; an empty
/// bin gives 0.
struct MaxRoiPool: Operator {
  static let id = OperatorID("MaxRoiPool")
  static let opsets = 1...Opset.latest

  private let pooled: [Int]
  private let scale: Double

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    pooled = try attributes.ints("pooled_shape").required("pooled_shape")
    scale = Double(try attributes.float("spatial_scale", default: 1))
    guard pooled.count == 2, pooled.allSatisfy({ $0 > 0 }) else {
      throw ImportError(
        .invalidAttribute, "attribute 'pooled_shape' is \(pooled), needs two positive extents")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let (data, regions) = (try inputs.required(0), try inputs.required(1))
    if let rank = data.rank, rank != 4 { throw .rank(rank, input: 0, needs: "4") }
    let shape: [Extent] = [regions.shape[0], data.shape[1], .known(pooled[0]), .known(pooled[1])]
    return [ValueInfo(data.elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (data, regions) = (try context.input(0), try context.input(1))
    guard data.shape.rank == 4 else { throw .rank(data.shape.rank, input: 0, needs: "4") }
    guard regions.shape.rank == 2, regions.shape[1] == 5 else {
      throw .invalid("rois have shape \(regions.shape), need [count, 5]")
    }
    let (channels, height, width) = (data.shape[1], data.shape[2], data.shape[3])
    let shape = try checked { () throws(TensorError) in try Shape([regions.shape[0], channels] + pooled) }
    let output = try context.scratch(shape.count, of: Double.self)
    let (values, corners) = (try numbers(data, input: 0), try numbers(regions, input: 1))
    for region in 0..<regions.shape[0] {
      let row = Array(corners[(region * 5)..<(region * 5 + 5)])
      guard let batch = Int(exactly: row[0]) else { throw .invalid("batch index \(row[0]) is not whole") }
      let plane = try normalizedIndex(batch, extent: data.shape[0]) * channels
      let columns = try bins(row[1], row[3], pooled[1], extent: width)
      let rows = try bins(row[2], row[4], pooled[0], extent: height)
      var place = region * channels * pooled[0] * pooled[1]
      for channel in 0..<channels {
        let start = (plane + channel) * height * width
        for y in rows {
          for x in columns {
            var best: Double?
            for i in y {
              for j in x { best = max(best ?? -.infinity, values[start + i * width + j]) }
            }
            output[place] = best ?? 0
            place += 1
          }
        }
      }
    }
    context.set(0, try numberTensor(Array(output), as: data.elementType, shape: shape))
  }

  /// The pixels of every bin between two corners.
  private func bins(
    _ start: Double, _ end: Double, _ count: Int, extent: Int
  ) throws(OperatorError) -> [Range<Int>] {
    let (from, to) = ((start * scale).rounded(), (end * scale).rounded())
    guard abs(from) < 0x1p30, abs(to) < 0x1p30 else {
      throw .invalid("a region from \(start) to \(end) is broken")
    }
    let size = max(to - from + 1, 1) / Double(count)
    return (0..<count).map { bin in
      let low = Int((Double(bin) * size).rounded(.down) + from)
      let high = Int((Double(bin + 1) * size).rounded(.up) + from)
      let clamped = min(max(low, 0), extent)
      return clamped..<max(clamped, min(max(high, 0), extent))
    }
  }
}
