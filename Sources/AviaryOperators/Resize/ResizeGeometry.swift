import AviaryCore
import AviaryKernels

/// What a Resize node says about sizes, without its inputs.
struct ResizeGeometry: Sendable {
  enum Policy: String, CaseIterable, Sendable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  /// Axes that `scales`, `sizes` and `roi` are about; `nil` means all.
  var axes: [Int]?
  var policy = Policy.stretch
  var mode = CoordinateMode.halfPixel

  /// The axes of the resize of an input.
  ///
  /// - Parameters:
  ///   - scales: factors, one per axis in question; empty or `nil` where `sizes` decide.
  ///   - sizes: extents, one per axis in question.
  ///   - region: starts then ends (`roi`), read in the mode that crops.
  /// - Throws: `OperatorError.invalid` for lists of another length, factors that are no positive numbers and
  ///   extents that do not fit.
  func resolved(
    _ dims: [Int], scales: [Float]?, sizes: [Int]?, region: [Float]?
  ) throws(OperatorError) -> [ResizeAxis] {
    let touched = try normalizedAxes(axes ?? Array(dims.indices), rank: dims.count)
    var result = dims.map { ResizeAxis(input: $0, output: $0, scale: 1, mode: mode) }
    if mode == .tfCropAndResize {
      guard let region, region.count == 2 * touched.count else {
        throw .invalid("roi holds \(region?.count ?? 0) values, needs two for each of \(touched.count) axes")
      }
      for (k, axis) in touched.enumerated() {
        result[axis].regionStart = region[k]
        result[axis].regionEnd = region[touched.count + k]
      }
    }
    if let scales, !scales.isEmpty {
      guard scales.count == touched.count else {
        throw .invalid("\(scales.count) scales for \(touched.count) axes")
      }
      for (k, axis) in touched.enumerated() {
        result[axis].scale = scales[k]
        result[axis].output = try Self.scaled(dims[axis], by: scales[k])
      }
    } else if let sizes, !sizes.isEmpty {
      guard sizes.count == touched.count else {
        throw .invalid("\(sizes.count) sizes for \(touched.count) axes")
      }
      try apply(sizes, to: touched, of: &result)
    } else if !touched.isEmpty {
      throw .invalid("neither scales nor sizes are given")
    }
    for axis in result where axis.input == 0 && axis.output != 0 {
      throw .invalid("an empty axis cannot be resized to \(axis.output)")
    }
    return result
  }

  private func apply(_ sizes: [Int], to touched: [Int], of axes: inout [ResizeAxis]) throws(OperatorError) {
    for (k, axis) in touched.enumerated() {
      guard sizes[k] >= 0 else { throw .invalid("sizes \(sizes) hold a negative extent") }
      axes[axis].output = sizes[k]
      axes[axis].scale = axes[axis].input == 0 ? 1 : Float(sizes[k]) / Float(axes[axis].input)
    }
    guard policy != .stretch else { return }
    let scales = touched.map { axes[$0].scale }
    guard let scale = policy == .notLarger ? scales.min() : scales.max() else { return }
    for axis in touched {
      axes[axis].scale = scale
      let extent = (scale * Float(axes[axis].input)).rounded(.toNearestOrAwayFromZero)
      guard let output = Int(exactly: extent) else {
        throw .invalid("an extent of \(extent) is not possible")
      }
      axes[axis].output = output
    }
  }

  /// `floor(extent * scale)`, in single precision as the factor is.
  static func scaled(_ extent: Int, by scale: Float) throws(OperatorError) -> Int {
    guard scale > 0, scale.isFinite else { throw .invalid("a scale is \(scale), must be positive") }
    if scale == 1 { return extent }
    guard let output = Int(exactly: (Float(extent) * scale).rounded(.down)) else {
      throw .invalid("extent \(extent) times \(scale) is not possible")
    }
    return output
  }

  /// What is known of the output's shape.
  func inferred(
    _ shape: SymbolicShape, scales: [Float]?, sizes: [Int]?
  ) throws(OperatorError) -> SymbolicShape {
    guard let dims = shape.dims else {
      return axes == nil ? sizes.map { .rank($0.count) } ?? .unknown : .unknown
    }
    let touched = try normalizedAxes(axes ?? Array(dims.indices), rank: dims.count)
    var result = dims
    for (k, axis) in touched.enumerated() {
      if let scales, scales.indices.contains(k) {
        if let extent = dims[axis].value {
          result[axis] = .known(try Self.scaled(extent, by: scales[k]))
        } else if scales[k] != 1 {
          result[axis] = .unknown
        }
      } else if let sizes, sizes.indices.contains(k), sizes[k] >= 0, policy == .stretch {
        result[axis] = .known(sizes[k])
      } else {
        result[axis] = .unknown
      }
    }
    return SymbolicShape(result)
  }
}
