import AviaryCore

/// For every region: a grid of bins, each the average (or maximum) of bilinear samples of the feature map.
///
/// ONNX `RoiAlign` (He et al., "Mask R-CNN", 2017): opset 16 adds `coordinate_transformation_mode` with
/// `half_pixel` as default; before, regions are not shifted by half a pixel.
struct RoiAlign: Operator {
  static let id = OperatorID("RoiAlign")
  static let opsets = 10...Opset.latest

  private let isMaximum: Bool
  private let height: Int
  private let width: Int
  private let samplingRatio: Int
  private let scale: Double
  private let isHalfPixel: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isMaximum = try attributes.string("mode", default: "avg", among: ["avg", "max"]) == "max"
    height = try attributes.int("output_height", default: 1)
    width = try attributes.int("output_width", default: 1)
    samplingRatio = try attributes.int("sampling_ratio", default: 0)
    scale = Double(try attributes.float("spatial_scale", default: 1))
    let modes = ["half_pixel", "output_half_pixel"]
    isHalfPixel =
      opset < 16
      ? false
      : try attributes.string("coordinate_transformation_mode", default: modes[0], among: modes) == modes[0]
    guard height > 0, width > 0, samplingRatio <= Self.mostSamples else {
      throw ImportError(
        .invalidAttribute, "output \(height)x\(width) with sampling_ratio \(samplingRatio) is not possible")
    }
  }

  /// Samples along an axis of a bin beyond which a region can only be broken.
  private static let mostSamples = 1 << 10

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let (data, regions) = (try inputs.required(0), try inputs.required(1))
    if let rank = data.rank, rank != 4 { throw .rank(rank, input: 0, needs: "4") }
    let shape: [Extent] = [regions.shape[0], data.shape[1], .known(height), .known(width)]
    return [ValueInfo(data.elementType, SymbolicShape(shape))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (data, regions) = (try context.input(0), try context.input(1))
    guard data.shape.rank == 4 else { throw .rank(data.shape.rank, input: 0, needs: "4") }
    guard regions.shape.rank == 2, regions.shape[1] == 4 else {
      throw .invalid("rois have shape \(regions.shape), need [count, 4]")
    }
    let batches = try context.requiredIntegerList(2)
    guard batches.count == regions.shape[0] else {
      throw .invalid("\(batches.count) batch indices for \(regions.shape[0]) regions")
    }
    let dims = [regions.shape[0], data.shape[1], height, width]
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    let output = try context.scratch(shape.count, of: Double.self)
    let corners = try numbers(regions, input: 1)
    let map = FeatureMap(
      values: try numbers(data, input: 0), height: data.shape[2], width: data.shape[3])
    for region in 0..<dims[0] {
      let batch = try normalizedIndex(batches[region], extent: data.shape[0])
      let corner = corners[(region * 4)..<(region * 4 + 4)].map { $0 * scale - (isHalfPixel ? 0.5 : 0) }
      let columns = try bins(corner[0], corner[2], width)
      let rows = try bins(corner[1], corner[3], height)
      for channel in 0..<dims[1] {
        let plane = batch * dims[1] + channel
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            let place = ((region * dims[1] + channel) * height + y) * width + x
            output[place] = map.pooled(plane, row, column, isMaximum: isMaximum)
          }
        }
      }
    }
    context.set(0, try numberTensor(Array(output), as: data.elementType, shape: shape))
  }

  /// Sample positions of every bin between two ends.
  private func bins(_ start: Double, _ end: Double, _ count: Int) throws(OperatorError) -> [[Double]] {
    let length = isHalfPixel ? end - start : max(end - start, 1)
    let size = length / Double(count)
    let wanted = samplingRatio > 0 ? Double(samplingRatio) : size.rounded(.up)
    guard wanted <= Double(Self.mostSamples) else {
      throw .invalid("a region from \(start) to \(end) is too long")
    }
    let samples = Int(max(0, wanted))
    return (0..<count).map { bin in
      (0..<samples).map { start + Double(bin) * size + (Double($0) + 0.5) * size / Double(samples) }
    }
  }
}

/// Planes of pixels that are sampled between.
private struct FeatureMap {
  let values: [Double]
  let height: Int
  let width: Int

  func pooled(_ plane: Int, _ rows: [Double], _ columns: [Double], isMaximum: Bool) -> Double {
    var sum = 0.0
    var largest: Double?
    for row in rows {
      for column in columns {
        let terms = terms(plane, row, column)
        if isMaximum {
          // The specification's maximum is over the weighted pixels, not over the samples.
          let value = terms.max() ?? 0
          largest = max(largest ?? value, value)
        } else {
          sum += terms.reduce(0, +)
        }
      }
    }
    return isMaximum ? largest ?? 0 : sum / Double(max(rows.count * columns.count, 1))
  }

  /// The four weighted pixels around a position; none for a position outside.
  private func terms(_ plane: Int, _ y: Double, _ x: Double) -> [Double] {
    guard y >= -1, y <= Double(height), x >= -1, x <= Double(width), height > 0, width > 0 else { return [0] }
    let (top, bottom, lower) = neighbours(y, height)
    let (left, right, farther) = neighbours(x, width)
    let base = plane * height * width
    return [
      (1 - lower) * (1 - farther) * values[base + top * width + left],
      (1 - lower) * farther * values[base + top * width + right],
      lower * (1 - farther) * values[base + bottom * width + left],
      lower * farther * values[base + bottom * width + right],
    ]
  }

  private func neighbours(_ position: Double, _ extent: Int) -> (Int, Int, Double) {
    let position = max(position, 0)
    let low = Int(position)
    return low >= extent - 1 ? (extent - 1, extent - 1, 0) : (low, low + 1, position - Double(low))
  }
}
