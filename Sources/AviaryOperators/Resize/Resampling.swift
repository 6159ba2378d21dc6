import AviaryCore
import AviaryKernels

/// How Resize and Upsample make values between positions.
enum Resampling: Sendable {
  /// Without a mode, axes that shrink round up and others down.
  case nearest(NearestMode?)
  case weighted(ResampleKernel, antialias: Bool, excludeOutside: Bool)

  /// Makes output 0 of `context` by resizing `data` along `axes`.
  ///
  /// - Parameter extrapolation: stands outside the input (`tf_crop_and_resize`).
  func run(
    _ context: RunContext, _ data: Tensor, _ axes: [ResizeAxis], extrapolation: Float
  ) throws(OperatorError) {
    let shape = try checked { () throws(TensorError) in try Shape(axes.map(\.output)) }
    guard let bytes = data.elementType.byteCount(of: shape.count), bytes <= context.limits.tensorBytes else {
      throw .resource("an output of shape \(shape) is beyond the tensor memory limit")
    }
    switch self {
    case .nearest(let mode): try nearest(context, data, axes, mode, extrapolation)
    case .weighted(let kernel, let antialias, let excludeOutside):
      guard shape.count > 0 else {
        var mover = CellMover(context, data.elementType)
        try mover.copy(
          data, to: 0, shape.dims, StridedCopy(dims: [0], source: [1], destination: [1]))
        return
      }
      // Axes that shrink come first: the others then have less to do. The innermost one comes after those, also where
      // it shrinks more, and before the ones that grow: whole rows are added several times faster than elements are
      // picked from a row.
      let order = axes.indices.filter { !axes[$0].isIdentity }.map { axis in
        (axis, axis == axes.count - 1 ? 1 : axes[axis].scale)
      }.sorted { $0.1 == $1.1 ? $0.0 > $1.0 : $0.1 < $1.1 }.map(\.0)
      let filters = order.map {
        ($0, AxisFilter(axes[$0], kernel: kernel, antialias: antialias, excludeOutside: excludeOutside))
      }
      if data.elementType == .float {
        try single(context, data, shape.dims, filters, extrapolation)
      } else {
        try double(context, data, shape.dims, filters, Double(extrapolation))
      }
    }
  }

  private func nearest(
    _ context: RunContext, _ data: Tensor, _ axes: [ResizeAxis], _ mode: NearestMode?, _ extrapolation: Float
  ) throws(OperatorError) {
    let dims = axes.map(\.output)
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let extrapolates = axes.contains { $0.mode == .tfCropAndResize }
    let fill = try extrapolates ? mover.number(Double(extrapolation)) : mover.zero()
    let to = try mover.destination(0, dims)
    if !dims.contains(0) {
      let strides = data.shape.strides
      let tables = axes.enumerated().map { index, axis in
        let mode = mode ?? (axis.scale < 1 ? .ceil : .floor)
        return (0..<axis.output).map { position in
          let original = axis.original(position)
          if axis.isIdentity { return position * strides[index] }
          if axis.isExtrapolated(original) { return -1 }
          return mode.index(original, extent: axis.input) * strides[index]
        }
      }
      TableCopy(tables: tables).run(
        from: from.address, to: to, fill: fill.address, width: mover.width, parallel: context.parallel)
    }
    try mover.finish(0, dims, to)
  }

  private func single(
    _ context: RunContext, _ data: Tensor, _ dims: [Int], _ filters: [(Int, AxisFilter)],
    _ extrapolation: Float
  ) throws(OperatorError) {
    let output = try context.make(0, dims, as: Float.self)
    let input = try context.elements(0, as: Float.self)
    guard var from = input.baseAddress, let target = output.baseAddress else { return }
    guard !filters.isEmpty else {
      target.update(from: from, count: data.count)
      return
    }
    var current = data.shape.dims
    for (step, (axis, filter)) in filters.enumerated() {
      let (outer, inner) = (current[..<axis].reduce(1, *), current[(axis + 1)...].reduce(1, *))
      current[axis] = filter.output
      let isLast = step == filters.count - 1
      let scratch = isLast ? output : try context.scratch(try count(current), of: Float.self)
      guard let to = scratch.baseAddress else { return }
      resampleAxis(
        from, to, outer: outer, inner: inner, filter: filter, extrapolation: extrapolation,
        parallel: context.parallel)
      from = UnsafePointer(to)
    }
  }

  private func double(
    _ context: RunContext, _ data: Tensor, _ dims: [Int], _ filters: [(Int, AxisFilter)],
    _ extrapolation: Double
  ) throws(OperatorError) {
    guard data.elementType != .bool else { throw .type(.bool, input: 0) }
    var values = try numbers(data, input: 0)
    var current = data.shape.dims
    for (axis, filter) in filters {
      let (outer, inner) = (current[..<axis].reduce(1, *), current[(axis + 1)...].reduce(1, *))
      current[axis] = filter.output
      let scratch = try context.scratch(try count(current), of: Double.self)
      values.withUnsafeBufferPointer { values in
        guard let from = values.baseAddress, let to = scratch.baseAddress else { return }
        resampleAxis(
          from, to, outer: outer, inner: inner, filter: filter, extrapolation: extrapolation,
          parallel: context.parallel)
      }
      values = Array(scratch)
    }
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    context.set(0, try numberTensor(values, as: data.elementType, shape: shape))
  }

  private func count(_ dims: [Int]) throws(OperatorError) -> Int {
    try checked { () throws(TensorError) in try Shape(dims) }.count
  }
}
