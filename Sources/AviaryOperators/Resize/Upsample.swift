import AviaryCore
import AviaryKernels

/// The input enlarged by `scales`: nearest or linear, positions mapped by division.
///
/// ONNX `Upsample`: factors are `height_scale` and `width_scale` in opset 1, the attribute `scales` in 7 and
/// an input in 9. Removed in opset 10 in favour of Resize.
struct Upsample: Operator {
  static let id = OperatorID("Upsample")
  static let opsets = 1...9

  private let isLinear: Bool
  /// The factors where they are attributes.
  private let scales: [Float]?
  private let geometry: ResizeGeometry

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let modes = ["nearest", "linear", "bilinear"]
    isLinear = try attributes.string("mode", default: "nearest", among: modes) != "nearest"
    switch opset {
    case ..<7:
      scales = [
        1, 1, try attributes.float("height_scale").required("height_scale"),
        try attributes.float("width_scale").required("width_scale"),
      ]
    case ..<9: scales = try attributes.floats("scales").required("scales")
    default: scales = nil
    }
    var geometry = ResizeGeometry()
    geometry.mode = .asymmetric
    self.geometry = geometry
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    var factors = scales
    if factors == nil, let tensor = try inputs.required(1).tensor { factors = try floats(tensor) }
    guard let factors else { return [ValueInfo(data.elementType, data.rank.map { .rank($0) } ?? .unknown)] }
    return [ValueInfo(data.elementType, try geometry.inferred(data.shape, scales: factors, sizes: nil))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let factors: [Float]
    if let scales { factors = scales } else { factors = try floats(context.input(1)) }
    let axes = try geometry.resolved(data.shape.dims, scales: factors, sizes: nil, region: nil)
    let resampling: Resampling =
      isLinear ? .weighted(.linear, antialias: false, excludeOutside: false) : .nearest(.floor)
    try resampling.run(context, data, axes, extrapolation: 0)
  }

  private func floats(_ tensor: Tensor) throws(OperatorError) -> [Float] {
    try numbers(tensor, input: 1).map { Float($0) }
  }
}
