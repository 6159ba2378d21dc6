import AviaryCore
import AviaryKernels

/// `output[i] = data[start + i * step]` along each of `axes`; ends are clamped to the extent, negative
/// starts and ends count from the back, negative steps go backwards.
///
/// ONNX `Slice`: attributes (and no steps) before opset 10, inputs since.
struct Slice: BindingOperator {
  static let id = OperatorID("Slice")
  static let opsets = 1...Opset.latest

  private struct Ranges {
    var starts: [Int]
    var ends: [Int]
    var axes: [Int]?
    var steps: [Int]?
  }

  /// The ranges where they are attributes.
  private let fixed: Ranges?

  /// With inputs for everything, for operators that slice among other things.
  init() { fixed = nil }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 10 {
      fixed = Ranges(
        starts: try attributes.ints("starts").required("starts"),
        ends: try attributes.ints("ends").required("ends"), axes: try attributes.ints("axes"))
    } else {
      fixed = nil
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    var result = dims
    guard let ranges = try fixed.or(ranges(inputs)) else {
      // Axes that are known to stay whole keep their extents even where starts and ends are not known.
      for axis in try touchedAxes(inputs, rank: dims.count) { result[axis] = .unknown }
      return [ValueInfo(data.elementType, SymbolicShape(result))]
    }
    for (axis, start, end, step) in try entries(ranges, rank: dims.count) {
      if let extent = dims[axis].value {
        result[axis] = .known(Self.range(start, end, step, extent: extent).count)
      } else if !(start == 0 && end >= Int(Int32.max) && step == 1) {
        result[axis] = .unknown
      }
    }
    return [ValueInfo(data.elementType, SymbolicShape(result))]
  }

  private func ranges(_ inputs: [ValueInfo]) throws(OperatorError) -> Ranges? {
    _ = try inputs.required(1)
    _ = try inputs.required(2)
    guard let starts = try inputs.integerList(1), let ends = try inputs.integerList(2) else { return nil }
    let axes = try inputs.integerList(3)
    let steps = try inputs.integerList(4)
    guard (axes != nil) == (inputs.at(3) != nil), (steps != nil) == (inputs.at(4) != nil) else { return nil }
    return Ranges(starts: starts, ends: ends, axes: axes, steps: steps)
  }

  private func touchedAxes(_ inputs: [ValueInfo], rank: Int) throws(OperatorError) -> [Int] {
    if let axes = try inputs.integerList(3) { return try normalizedAxes(axes, rank: rank) }
    return inputs.at(3) == nil ? Array(0..<min(rank, inputs.length(1) ?? rank)) : Array(0..<rank)
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let ranges: Ranges
    if let fixed {
      ranges = fixed
    } else {
      ranges = Ranges(
        starts: try context.requiredIntegerList(1), ends: try context.requiredIntegerList(2),
        axes: try context.integerList(3), steps: try context.integerList(4))
    }
    let layout = try layout(data.shape, ranges)
    var mover = CellMover(context, data.elementType)
    try mover.copy(data, to: 0, layout.dims, layout)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let shape = try inputs.required(0).knownShape, let ranges = try fixed.or(ranges(inputs)) else {
      return nil
    }
    let layout = try layout(shape, ranges)
    guard layout.dims == outputs.at(0)?.shape.known else { return nil }
    return CopyKernel(inputs[0].elementType, [CopyKernel.Part(layout)])
  }

  /// The copy of what the ranges take of a tensor.
  private func layout(_ shape: Shape, _ ranges: Ranges) throws(OperatorError) -> StridedCopy {
    var dims = shape.dims
    var strides = shape.strides
    var offset = 0
    for (axis, start, end, step) in try entries(ranges, rank: dims.count) {
      let range = Self.range(start, end, step, extent: dims[axis])
      if range.count > 0 { offset += range.start * strides[axis] }
      // With a single position the step is never taken, however large it is.
      strides[axis] = range.count > 1 ? strides[axis] * step : 0
      dims[axis] = range.count
    }
    return StridedCopy(dims: dims, source: strides, destination: denseStrides(dims), sourceOffset: offset)
  }

  private func entries(
    _ ranges: Ranges, rank: Int
  ) throws(OperatorError) -> [(axis: Int, start: Int, end: Int, step: Int)] {
    let count = ranges.starts.count
    let axes = try normalizedAxes(ranges.axes ?? Array(0..<count), rank: rank)
    let steps = ranges.steps ?? [Int](repeating: 1, count: count)
    guard ranges.ends.count == count, axes.count == count, steps.count == count else {
      throw .invalid(
        "\(count) starts, \(ranges.ends.count) ends, \(axes.count) axes and \(steps.count) steps do not match"
      )
    }
    guard !steps.contains(0) else { throw .invalid("a step is 0") }
    return (0..<count).map { (axes[$0], ranges.starts[$0], ranges.ends[$0], steps[$0]) }
  }

  /// The first position and the number of positions that a range takes of an axis.
  static func range(_ start: Int, _ end: Int, _ step: Int, extent: Int) -> (start: Int, count: Int) {
    // Adding a (non-negative) extent to a negative number cannot overflow.
    let start = start < 0 ? start + extent : start
    let end = end < 0 ? end + extent : end
    if step > 0 {
      let from = min(max(start, 0), extent)
      let to = min(max(end, 0), extent)
      return (from, to > from ? (to - from - 1) / step + 1 : 0)
    }
    let from = min(max(start, 0), extent - 1)
    let to = min(max(end, -1), extent - 1)
    // The magnitude of Int.min does not fit an Int.
    let stride = Int(clamping: step.magnitude)
    return (from, from > to ? (from - to - 1) / stride + 1 : 0)
  }
}
