import AviaryCore

/// The grid that GridSample needs for an affine transform: `grid[n, p] = theta[n] * (x, y, ..., 1)` for every
/// position `p` of an image of the given size.
///
/// ONNX `AffineGrid`, all versions; images and volumes.
struct AffineGrid: Operator {
  static let id = OperatorID("AffineGrid")
  static let opsets = 20...Opset.latest

  private let alignCorners: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    alignCorners = try attributes.bool("align_corners", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try inputs.required(0).elementType
    _ = try inputs.required(1)
    guard let size = try inputs.integerList(1) else {
      return [ValueInfo(type, inputs.length(1).map { .rank($0) } ?? .unknown)]
    }
    try check(size)
    return [ValueInfo(type, [size[0]] + size[2...] + [size.count - 2])]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let theta = try context.input(0)
    let size = try context.requiredIntegerList(1)
    try check(size)
    let spatial = Array(size[2...])
    let axes = spatial.count
    guard theta.shape.dims == [size[0], axes, axes + 1] else {
      throw .invalid("theta of shape \(theta.shape) for \(axes) spatial axes and \(size[0]) images")
    }
    let shape = try checked { () throws(TensorError) in try Shape([size[0]] + spatial + [axes]) }
    let matrix = try numbers(theta, input: 0)
    let output = try context.scratch(shape.count, of: Double.self)
    let count = spatial.reduce(1, *)
    for place in 0..<(count == 0 ? 0 : size[0] * count) {
      // Coordinates in the order of the matrix's columns: the last axis is x.
      var rest = place % count
      var point: [Double] = []
      for extent in spatial.reversed() {
        point.append(coordinate(rest % extent, extent))
        rest /= extent
      }
      let rows = (place / count) * axes * (axes + 1)
      for row in 0..<axes {
        let start = rows + row * (axes + 1)
        var sum = matrix[start + axes]
        for k in 0..<axes { sum += matrix[start + k] * point[k] }
        output[place * axes + row] = sum
      }
    }
    context.set(0, try numberTensor(Array(output), as: theta.elementType, shape: shape))
  }

  private func coordinate(_ index: Int, _ extent: Int) -> Double {
    if alignCorners { return extent > 1 ? -1 + 2 * Double(index) / Double(extent - 1) : -1 }
    return -1 + (2 * Double(index) + 1) / Double(extent)
  }

  private func check(_ size: [Int]) throws(OperatorError) {
    guard size.count == 4 || size.count == 5, size.allSatisfy({ $0 >= 0 }) else {
      throw .invalid("size \(size) must be [N, C, H, W] or [N, C, D, H, W]")
    }
  }
}
