import AviaryCore
import AviaryKernels

/// `Y[n, c, p] = X[n, c, grid[n, p]]`, where the grid holds normalised coordinates (last spatial axis first)
/// and values between pixels are interpolated.
///
/// ONNX `GridSample`: opset 16 has images only and calls the modes bilinear and bicubic, 20 has any number of
/// spatial axes.
struct GridSample: Operator {
  static let id = OperatorID("GridSample")
  static let opsets = 16...Opset.latest

  private let sampler: GridSampler

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let names = opset < 20 ? ["bilinear", "nearest", "bicubic"] : ["linear", "nearest", "cubic"]
    let name = try attributes.string("mode", default: names[0], among: names)
    let mode: GridSampler.Mode = name == names[0] ? .linear : name == names[1] ? .nearest : .cubic
    sampler = GridSampler(
      mode: mode, padding: try attributes.choice("padding_mode", default: .zeros),
      alignCorners: try attributes.bool("align_corners", default: false))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let (data, grid) = (try inputs.required(0), try inputs.required(1))
    guard let dims = data.shape.dims, let points = grid.shape.dims else {
      return [ValueInfo(data.elementType, (data.rank ?? grid.rank).map { .rank($0) } ?? .unknown)]
    }
    try check(dims.count, points.count)
    return [ValueInfo(data.elementType, SymbolicShape(Array(dims[..<2]) + points[1..<(points.count - 1)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (data, grid) = (try context.input(0), try context.input(1))
    try check(data.shape.rank, grid.shape.rank)
    let spatial = Array(data.shape.dims[2...])
    let places = Array(grid.shape.dims[1..<(grid.shape.rank - 1)])
    guard grid.shape[0] == data.shape[0], grid.shape.dims.last == spatial.count else {
      throw .invalid("a grid of shape \(grid.shape) does not fit an input of shape \(data.shape)")
    }
    let shape = try checked { () throws(TensorError) in try Shape(Array(data.shape.dims[..<2]) + places) }
    guard !spatial.contains(0) || shape.count == 0 else {
      throw .invalid("the input has no pixels to sample")
    }
    let (channels, count) = (data.shape[1], places.reduce(1, *))
    let points = try numbers(grid, input: 1)
    let pixels = try numbers(data, input: 0)
    let output = try context.scratch(shape.count, of: Double.self)
    let size = spatial.reduce(1, *)
    let sampler = sampler
    pixels.withUnsafeBufferPointer { pixels in
      guard shape.count > 0, let base = pixels.baseAddress else { return }
      context.parallel.forEach(data.shape[0] * count, grain: 64) { range in
        for place in range {
          let batch = place / count
          let start = place * spatial.count
          let point = Array(points[start..<(start + spatial.count)].reversed())
          sampler.sample(base + batch * channels * size, channels: channels, dims: spatial, point: point) {
            output[(batch * channels + $0) * count + place % count] = $1
          }
        }
      }
    }
    context.set(0, try numberTensor(Array(output), as: data.elementType, shape: shape))
  }

  private func check(_ data: Int, _ grid: Int) throws(OperatorError) {
    guard data >= 3 else { throw .rank(data, input: 0, needs: "at least 3") }
    guard grid == data else { throw .rank(grid, input: 1, needs: "\(data)") }
  }
}
