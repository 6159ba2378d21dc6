import AviaryCore

/// Columns of image patches added up to images: the reverse of what a convolution unfolds, with overlapping
/// places summed. `[N, C * prod(block), L]` to `[N, C, image...]`.
///
/// ONNX `Col2Im`, all versions; any number of spatial axes.
struct Col2Im: Operator {
  static let id = OperatorID("Col2Im")
  static let opsets = 18...Opset.latest

  private let dilations: [Int]?
  private let pads: [Int]?
  private let strides: [Int]?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    dilations = try attributes.ints("dilations")
    pads = try attributes.ints("pads")
    strides = try attributes.ints("strides")
    guard ((dilations ?? []) + (strides ?? [])).allSatisfy({ $0 > 0 }), (pads ?? []).allSatisfy({ $0 >= 0 })
    else {
      throw ImportError(.invalidAttribute, "dilations and strides must be positive, pads not negative")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let image = try inputs.integerList(1), let block = try inputs.integerList(2) else {
      return [ValueInfo(data.elementType, inputs.length(1).map { .rank($0 + 2) } ?? .unknown)]
    }
    guard image.allSatisfy({ $0 >= 0 }) else {
      throw .invalid("image_shape \(image) holds a negative extent")
    }
    var channels = data.shape[1]
    if let rows = channels.value {
      channels = .known(try self.channels(rows, block))
    } else {
      channels = .unknown
    }
    return [ValueInfo(data.elementType, SymbolicShape([data.shape[0], channels] + image.map { .known($0) }))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    guard data.shape.rank == 3 else { throw .rank(data.shape.rank, input: 0, needs: "3") }
    let image = try context.requiredIntegerList(1)
    let block = try context.requiredIntegerList(2)
    let channels = try channels(data.shape[1], block)
    let axes = try patches(image, block)
    var expected = 1
    for axis in axes { expected = try product(expected, axis.count, "the number of patches") }
    guard expected == data.shape[2] else {
      throw .invalid("\(data.shape[2]) columns do not fit \(axes.map(\.count)) patches")
    }
    let shape = try checked { () throws(TensorError) in try Shape([data.shape[0], channels] + image) }
    var output = [Double](repeating: 0, count: try context.scratch(shape.count, of: Double.self).count)
    let values = try numbers(data, input: 0)
    let pixels = image.reduce(1, *)
    let (cells, columns) = (block.reduce(1, *), data.shape[2])
    for plane in 0..<(data.shape[0] * channels) {
      for cell in 0..<cells {
        for column in 0..<columns {
          var (restCell, restColumn, stride, place) = (cell, column, 1, 0)
          var isInside = true
          for axis in image.indices.reversed() {
            let position =
              axes[axis].start(restColumn % axes[axis].count) + restCell % block[axis] * axes[axis].dilation
            restColumn /= axes[axis].count
            restCell /= block[axis]
            isInside = isInside && position >= 0 && position < image[axis]
            place += position &* stride
            stride *= image[axis]
          }
          if isInside { output[plane * pixels + place] += values[(plane * cells + cell) * columns + column] }
        }
      }
    }
    context.set(0, try numberTensor(output, as: data.elementType, shape: shape))
  }

  /// Where patches lie along one axis.
  private struct Axis {
    var count: Int
    var stride: Int
    var pad: Int
    var dilation: Int
    func start(_ patch: Int) -> Int { patch * stride - pad }
  }

  private func patches(_ image: [Int], _ block: [Int]) throws(OperatorError) -> [Axis] {
    let rank = image.count
    let (dilations, strides) = (self.dilations ?? [], self.strides ?? [])
    guard block.count == rank, dilations.isEmpty || dilations.count == rank,
      strides.isEmpty || strides.count == rank, pads == nil || pads?.count == 2 * rank
    else { throw .invalid("image_shape, block_shape and the attributes name different numbers of axes") }
    var axes: [Axis] = []
    for axis in 0..<rank {
      let dilation = dilations.isEmpty ? 1 : dilations[axis]
      let stride = strides.isEmpty ? 1 : strides[axis]
      let (before, after) = (pads?[axis] ?? 0, pads?[rank + axis] ?? 0)
      let covered = try sum(try product(block[axis] - 1, dilation), 1)
      let room = try sum(try sum(image[axis], before), after) - covered
      guard room >= 0 else { throw .invalid("a patch of \(covered) does not fit axis \(axis)") }
      axes.append(Axis(count: room / stride + 1, stride: stride, pad: before, dilation: dilation))
    }
    return axes
  }

  private func channels(_ rows: Int, _ block: [Int]) throws(OperatorError) -> Int {
    var cells = 1
    for extent in block {
      guard extent > 0 else { throw .invalid("block_shape \(block) holds \(extent)") }
      cells = try product(cells, extent)
    }
    guard rows % cells == 0 else {
      throw .invalid("\(rows) rows are no multiple of the block's \(cells) cells")
    }
    return rows / cells
  }
}
