import AviaryCore
import AviaryKernels

/// The input resampled to other extents: `output[i] = sum(weight(k - x(i)) * data[k])` along each axis in
/// turn, with `x` given by `coordinate_transformation_mode`.
///
/// ONNX `Resize`: opset 10 knows only `scales` and maps positions by division; 11 adds modes, `roi` and
/// `sizes`; 13 drops `tf_half_pixel_for_nn`; 18 adds `axes`, `antialias` and `keep_aspect_ratio_policy`; 19
/// adds `half_pixel_symmetric`.
struct Resize: Operator {
  static let id = OperatorID("Resize")
  static let opsets = 10...Opset.latest

  private let opset: Int
  private var geometry = ResizeGeometry()
  private let mode: String
  private let nearestMode: NearestMode
  private let cubicCoefficient: Float
  private let antialias: Bool
  private let excludeOutside: Bool
  private let extrapolation: Float

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    self.opset = opset
    guard opset > 10 else {
      mode = try attributes.string("mode", default: "nearest", among: ["nearest", "linear"])
      geometry.mode = .asymmetric
      nearestMode = .floor
      (cubicCoefficient, antialias, excludeOutside, extrapolation) = (-0.75, false, false, 0)
      return
    }
    mode = try attributes.string("mode", default: "nearest", among: ["nearest", "linear", "cubic"])
    geometry.mode = try attributes.choice("coordinate_transformation_mode", default: .halfPixel)
    nearestMode = try attributes.choice("nearest_mode", default: .roundPreferFloor)
    cubicCoefficient = try attributes.float("cubic_coeff_a", default: -0.75)
    excludeOutside = try attributes.bool("exclude_outside", default: false)
    extrapolation = try attributes.float("extrapolation_value", default: 0)
    antialias = opset < 18 ? false : try attributes.bool("antialias", default: false)
    if opset >= 18 {
      geometry.axes = try attributes.ints("axes")
      geometry.policy = try attributes.choice("keep_aspect_ratio_policy", default: .stretch)
    }
  }

  private var scalesInput: Int { opset == 10 ? 1 : 2 }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let scales = inputs.at(scalesInput)
    let sizes = opset == 10 ? nil : inputs.at(3)
    // An empty list of scales means that sizes decide; until the content is known, neither is certain.
    let known = (
      scales: scales?.tensor.flatMap { $0.count > 0 ? try? floats($0) : nil },
      sizes: sizes?.integers.flatMap { $0.isEmpty ? nil : $0 }
    )
    guard known.scales != nil || known.sizes != nil else {
      return [ValueInfo(data.elementType, data.rank.map { .rank($0) } ?? .unknown)]
    }
    return [
      ValueInfo(
        data.elementType, try geometry.inferred(data.shape, scales: known.scales, sizes: known.sizes))
    ]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let scales: [Float]? = try context.optionalInput(scalesInput).map(floats)
    let sizes = opset == 10 ? nil : try context.integerList(3)
    let region: [Float]? = opset == 10 ? nil : try context.optionalInput(1).map(floats)
    let axes = try geometry.resolved(data.shape.dims, scales: scales, sizes: sizes, region: region)
    try resampling.run(context, data, axes, extrapolation: extrapolation)
  }

  private func floats(_ tensor: Tensor) throws(OperatorError) -> [Float] {
    try numbers(tensor, input: scalesInput).map { Float($0) }
  }

  private var resampling: Resampling {
    switch mode {
    case "linear": return .weighted(.linear, antialias: antialias, excludeOutside: excludeOutside)
    case "cubic":
      return .weighted(
        .cubic(a: Double(cubicCoefficient)), antialias: antialias, excludeOutside: excludeOutside)
    default:
      // Opset 10 states no rule; its examples round up where an axis shrinks and down elsewhere.
      return .nearest(opset == 10 ? nil : nearestMode)
    }
  }
}

extension Attributes {
  /// A string attribute among the raw values of an enumeration.
  mutating func choice<E: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: E
  ) throws(ImportError) -> E where E.RawValue == String {
    let string = try string(name, default: fallback.rawValue, among: E.allCases.map(\.rawValue))
    return E(rawValue: string) ?? fallback
  }
}
