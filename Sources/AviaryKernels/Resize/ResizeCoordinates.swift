/// How a position of a resized axis maps to one of the original axis (ONNX `Resize`,
/// `coordinate_transformation_mode`).
package enum CoordinateMode: String, Sendable, CaseIterable {
  case halfPixel = "half_pixel"
  case halfPixelSymmetric = "half_pixel_symmetric"
  case pytorchHalfPixel = "pytorch_half_pixel"
  case alignCorners = "align_corners"
  case asymmetric = "asymmetric"
  case tfHalfPixelForNN = "tf_half_pixel_for_nn"
  case tfCropAndResize = "tf_crop_and_resize"
}

/// One axis of a resize.
package struct ResizeAxis: Sendable {
  package var input: Int
  package var output: Int
  /// Output positions per input position; `scale * input` may be fractional where `output` is not.
  package var scale: Float
  package var mode: CoordinateMode
  /// The part of the axis to take, relative to its length less one (`tf_crop_and_resize` only).
  package var regionStart: Float
  package var regionEnd: Float

  package init(
    input: Int, output: Int, scale: Float, mode: CoordinateMode, regionStart: Float = 0,
    regionEnd: Float = 1
  ) {
    self.input = input
    self.output = output
    self.scale = scale
    self.mode = mode
    self.regionStart = regionStart
    self.regionEnd = regionEnd
  }

  /// Whether every position keeps its value.
  package var isIdentity: Bool { input == output && scale == 1 && mode != .tfCropAndResize }

  /// The original position of an output position, in single precision as other runtimes compute it, so
  /// that positions on the border between two neighbours fall to the same side.
  package func original(_ position: Int) -> Float {
    let x = Float(position)
    let width = scale * Float(input)
    let last = Float(input - 1)
    switch mode {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      let adjustment = Float(output) / width
      return Float(input) / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5
    case .pytorchHalfPixel: return output > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .alignCorners: return width == 1 ? 0 : x * last / (width - 1)
    case .asymmetric: return x / scale
    case .tfHalfPixelForNN: return (x + 0.5) / scale
    case .tfCropAndResize:
      guard output > 1 else { return 0.5 * (regionStart + regionEnd) * last }
      return regionStart * last + x * (regionEnd - regionStart) * last / (width - 1)
    }
  }

  /// Whether an original position lies outside the axis, so that the extrapolation value stands there.
  package func isExtrapolated(_ original: Float) -> Bool {
    mode == .tfCropAndResize && !(original >= 0 && original <= Float(input - 1))
  }
}

/// Which neighbour a position between two takes (ONNX `Resize`, `nearest_mode`).
package enum NearestMode: String, Sendable, CaseIterable {
  case roundPreferFloor = "round_prefer_floor"
  case roundPreferCeil = "round_prefer_ceil"
  case floor
  case ceil

  /// The neighbour within `0 ..< extent` (which is not empty).
  package func index(_ position: Float, extent: Int) -> Int {
    let rounded: Float =
      switch self {
      case .roundPreferFloor:
        position - position.rounded(.down) == 0.5 ? position.rounded(.down) : position.rounded()
      case .roundPreferCeil:
        position - position.rounded(.down) == 0.5 ? position.rounded(.up) : position.rounded()
      case .floor: position.rounded(.down)
      case .ceil: position.rounded(.up)
      }
    return clampedIndex(rounded, extent: extent)
  }
}

/// A whole number as an index within `0 ..< extent`; NaN counts as 0.
func clampedIndex(_ value: Float, extent: Int) -> Int {
  guard value > 0 else { return 0 }
  return value < Float(extent - 1) ? Int(value) : extent - 1
}
