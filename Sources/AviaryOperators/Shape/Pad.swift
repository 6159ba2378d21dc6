import AviaryCore
import AviaryKernels

/// The input with elements added at the ends of its axes (or, for negative pads, taken away): a constant, a
/// mirror image without the end itself (`reflect`), the end repeated (`edge`), or the axis repeated (`wrap`).
///
/// ONNX `Pad`: opset 1 calls the attribute `paddings`, 2 `pads` with `value`; both are inputs since 11; 18
/// adds the input `axes`, 19 `wrap`.
struct Pad: BindingOperator {
  static let id = OperatorID("Pad")
  static let opsets = 1...Opset.latest

  private enum Mode: String, CaseIterable { case constant, reflect, edge, wrap }

  private let mode: Mode
  /// Starts, then ends, where they are attributes.
  private let pads: [Int]?
  private let value: Float

  /// Zeros, with inputs for everything, for operators that pad among other things.
  init() { (mode, pads, value) = (.constant, nil, 0) }

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    mode = try attributes.choice("mode", default: .constant)
    if opset < 11 {
      let name = opset < 2 ? "paddings" : "pads"
      pads = try attributes.ints(name).required(name)
      value = try attributes.float("value", default: 0)
    } else {
      (pads, value) = (nil, 0)
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if pads == nil { _ = try inputs.required(1) }
    guard var dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    let axes = try inputs.integerList(3)
    guard let list = try pads.or(inputs.integerList(1)), axes != nil || inputs.at(3) == nil else {
      let touched = try normalizedAxes(axes ?? Array(dims.indices), rank: dims.count)
      for axis in touched { dims[axis] = .unknown }
      return [ValueInfo(data.elementType, SymbolicShape(dims))]
    }
    for (axis, pad) in try resolved(list, axes, rank: dims.count).enumerated() {
      let change = try sum(pad.start, pad.end, "the padding")
      if let extent = dims[axis].value {
        dims[axis] = .known(try padded(extent, by: change))
      } else if change != 0 {
        dims[axis] = .unknown
      }
    }
    return [ValueInfo(data.elementType, SymbolicShape(dims))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let list: [Int]
    if let pads { list = pads } else { list = try context.requiredIntegerList(1) }
    let axes = pads == nil ? try context.integerList(3) : nil
    let all = try resolved(list, axes, rank: data.shape.rank)
    var dims: [Int] = []
    for (extent, pad) in zip(data.shape.dims, all) {
      dims.append(try padded(extent, by: try sum(pad.start, pad.end, "the padding")))
    }
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let fill: Cells
    if pads == nil, mode == .constant, let constant = try context.optionalInput(2) {
      guard constant.count == 1 else {
        throw .invalid("constant_value holds \(constant.count) elements, needs one")
      }
      fill = try mover.source(constant)
    } else {
      fill = try mover.number(Double(value))
    }
    let to = try mover.destination(0, dims)
    if !dims.contains(0) {
      if mode == .constant {
        copyWithin(data, dims, all, from: from, fill: fill, to: to, mover.width, context.parallel)
      } else {
        let tables = try tables(data, dims, all)
        TableCopy(tables: tables).run(
          from: from.address, to: to, fill: fill.address, width: mover.width, parallel: context.parallel)
      }
    }
    try mover.finish(0, dims, to)
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    let axes = try inputs.integerList(3)
    guard mode == .constant, value == 0, let shape = try inputs.required(0).knownShape,
      let dims = outputs.at(0)?.knownShape, let list = try pads.or(inputs.integerList(1)),
      axes != nil || inputs.at(3) == nil
    else { return nil }
    let fill = pads == nil ? inputs.at(2) : nil
    if let fill { guard fill.elementType == inputs[0].elementType, fill.knownShape?.count == 1 else { return nil } }
    let all = try resolved(list, axes, rank: shape.rank)
    let layout = layout(shape, dims.dims, all)
    return CopyKernel(
      inputs[0].elementType, [CopyKernel.Part(layout)], filled: layout.dims == dims.dims ? 0 : dims.count,
      fillInput: fill == nil ? nil : 2)
  }

  private func padded(_ extent: Int, by change: Int) throws(OperatorError) -> Int {
    let result = try sum(extent, change)
    guard result >= 0 else { throw .invalid("pads change an extent of \(extent) by \(change)") }
    return result
  }

  /// Pads of every axis.
  private func resolved(
    _ pads: [Int], _ axes: [Int]?, rank: Int
  ) throws(OperatorError) -> [(start: Int, end: Int)] {
    let axes = try normalizedAxes(axes ?? Array(0..<rank), rank: rank)
    guard pads.count == 2 * axes.count else {
      throw .invalid("\(pads.count) pads for \(axes.count) axes, need two for each")
    }
    var result = [(start: Int, end: Int)](repeating: (0, 0), count: rank)
    for (k, axis) in axes.enumerated() { result[axis] = (pads[k], pads[axes.count + k]) }
    return result
  }

  /// What negative pads leave of an axis.
  private func kept(_ extent: Int, _ pad: (start: Int, end: Int)) -> Range<Int> {
    // Magnitudes beyond the extent leave nothing either way; clamping keeps the sums small.
    let start = min(extent, pad.start < 0 ? Int(clamping: pad.start.magnitude) : 0)
    let end = extent - min(extent, pad.end < 0 ? Int(clamping: pad.end.magnitude) : 0)
    return start..<max(start, end)
  }

  private func copyWithin(
    _ data: Tensor, _ dims: [Int], _ pads: [(start: Int, end: Int)], from: Cells, fill: Cells,
    to: UnsafeMutableRawPointer, _ width: Int, _ parallel: any Parallel
  ) {
    let layout = layout(data.shape, dims, pads)
    if layout.dims != dims {
      fillCells(to, count: dims.reduce(1, *), with: fill.address, width: width, parallel: parallel)
    }
    layout.run(from: from.address, to: to, width: width, parallel: parallel)
  }

  /// The copy of what is kept to where it goes.
  private func layout(_ shape: Shape, _ dims: [Int], _ pads: [(start: Int, end: Int)]) -> StridedCopy {
    let strides = denseStrides(dims)
    var layout = StridedCopy(dims: [], source: shape.strides, destination: strides)
    for axis in dims.indices {
      let kept = kept(shape[axis], pads[axis])
      // Where more is cut off at the start than is there, what is kept would begin before the output.
      let start = max(kept.lowerBound, kept.isEmpty ? 0 : -pads[axis].start)
      layout.dims.append(kept.count)
      guard !kept.isEmpty else { continue }
      layout.sourceOffset += start * shape.strides[axis]
      layout.destinationOffset += (start + pads[axis].start) * strides[axis]
    }
    return layout
  }

  private func tables(
    _ data: Tensor, _ dims: [Int], _ pads: [(start: Int, end: Int)]
  ) throws(OperatorError) -> [[Int]] {
    var tables: [[Int]] = []
    for axis in dims.indices {
      let kept = kept(data.shape[axis], pads[axis])
      guard !kept.isEmpty else { throw .invalid("axis \(axis) has nothing to pad with") }
      let stride = data.shape.strides[axis]
      tables.append(
        (0..<dims[axis]).map { position in
          let offset = position - pads[axis].start - kept.lowerBound
          return (kept.lowerBound + folded(offset, kept.count)) * stride
        })
    }
    return tables
  }

  /// The position within `0 ..< count` that stands for `offset`.
  private func folded(_ offset: Int, _ count: Int) -> Int {
    func modulo(_ value: Int, _ period: Int) -> Int {
      let rest = value % period
      return rest < 0 ? rest + period : rest
    }
    switch mode {
    case .wrap: return modulo(offset, count)
    case .reflect where count > 1:
      let place = modulo(offset, 2 * (count - 1))
      return place < count ? place : 2 * (count - 1) - place
    default: return min(max(offset, 0), count - 1)
    }
  }
}
