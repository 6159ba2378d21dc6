import AviaryCore
import AviaryKernels

/// What ConvInteger and QLinearConv share: attributes, geometry, packed weights, and the run.
struct IntegerConvolution: Sendable {
  private let window: WindowAttributes
  private let kernelShape: [Int]?
  private let groups: Int
  private var packed: Packed?

  /// Weights that are constant, as a geometry with these taps reads them.
  private struct Packed {
    let panels: [ShortPanels]
    /// Whether taps are joined depends on the geometry, which the dims determine.
    let dims: [Int]
  }

  init(attributes: inout Attributes) throws(ImportError) {
    window = try WindowAttributes(attributes: &attributes)
    kernelShape = try attributes.ints("kernel_shape")
    groups = try attributes.int("group", default: 1)
    guard groups >= 1 else { throw ImportError(.invalidAttribute, "attribute 'group' is \(groups)") }
  }

  func geometry(_ x: [Int], _ w: [Int]) throws(OperatorError) -> ConvGeometry {
    guard x.count >= 3 else { throw .rank(x.count, input: 0, needs: "3 or more") }
    guard w.count == x.count else { throw .invalid("weights have rank \(w.count), the input \(x.count)") }
    if let kernelShape, kernelShape != Array(w[2...]) {
      throw .invalid("attribute 'kernel_shape' is \(kernelShape), the weights have \(Array(w[2...]))")
    }
    guard w[0] % groups == 0 else {
      throw .invalid("\(w[0]) output channels cannot be divided into \(groups) groups")
    }
    let (needed, overflow) = w[1].multipliedReportingOverflow(by: groups)
    guard !overflow, needed == x[1] else {
      throw .invalid("the input has \(x[1]) channels, weights \(w) with \(groups) groups need another number")
    }
    return ConvGeometry(
      batch: x[0], groups: groups, inputChannels: x[1], outputChannels: w[0],
      axes: try window.axes(input: Array(x[2...]), kernel: Array(w[2...])))
  }

  /// The output's shape, as far as known.
  func infer(_ x: SymbolicShape, _ w: SymbolicShape) throws(OperatorError) -> SymbolicShape {
    guard let rank = x.rank ?? w.rank else { return .unknown }
    guard rank >= 3 else { throw .rank(rank, input: 0, needs: "3 or more") }
    if let other = w.rank, other != rank { throw .invalid("weights have rank \(other), the input \(rank)") }
    if let x = x.known, let w = w.known {
      let geometry = try geometry(x, w)
      return SymbolicShape(known: [geometry.batch, geometry.outputChannels] + geometry.axes.map(\.output))
    }
    guard let input = x.dims, let weights = w.known else {
      return SymbolicShape([x[0], w[0]] + [Extent](repeating: .unknown, count: rank - 2))
    }
    let spatial = try window.outputs(input: Array(input[2...]), kernel: Array(weights[2...]))
    return SymbolicShape([input[0], .known(weights[0])] + spatial)
  }

  /// A convolution of the smallest image that these weights fit: how weights lie does not depend on the image.
  private func layout(_ w: [Int]) -> IntegerConv? {
    var axes: [WindowAxis] = []
    for (index, kernel) in w[2...].enumerated() {
      let dilation = window.dilations.isEmpty ? 1 : window.dilations[index]
      axes.append(WindowAxis(input: 1, output: 1, kernel: kernel, dilation: dilation))
    }
    return IntegerConv(
      ConvGeometry(batch: 1, groups: groups, inputChannels: w[1] * groups, outputChannels: w[0], axes: axes))
  }

  /// The same with constant weights packed.
  func prepared(_ weights: Tensor?, zeros: Tensor??) throws(OperatorError) -> IntegerConvolution {
    guard let weights, Set<ElementType>.bytes.contains(weights.elementType), weights.shape.rank >= 3,
      weights.shape[0] % groups == 0, !weights.shape[1].multipliedReportingOverflow(by: groups).overflow,
      case .some(let zeros) = zeros, zeros?.elementType ?? weights.elementType == weights.elementType,
      window.dilations.isEmpty || window.dilations.count == weights.shape.rank - 2,
      weights.shape.dims[2...].allSatisfy({ $0 >= 1 && $0 <= 1 << 16 }),
      window.dilations.allSatisfy({ $0 >= 1 && $0 <= 1 << 16 }),
      case let points = zeros.map({ (try? $0.integers()) ?? [] }) ?? [0],
      points.count == 1 || points.count == weights.shape[0],
      let conv = layout(weights.shape.dims)
    else { return self }
    var prepared = self
    prepared.packed = Packed(
      panels: try pack(conv, weights, zeros: points.map { Int32(truncatingIfNeeded: $0) }), dims: weights.shape.dims)
    return prepared
  }

  private func pack(
    _ conv: IntegerConv, _ weights: Tensor, zeros: [Int32]
  ) throws(OperatorError) -> [ShortPanels] {
    let bytes = try ByteValues(weights)
    let size = weights.shape.product(1..<weights.shape.rank)
    return try checked { () throws(TensorError) in
      let panels = try conv.pack { place in
        bytes[place] - Int16(zeros.count == 1 ? zeros[0] : zeros[place / max(1, size)])
      }
      return withExtendedLifetime(weights) { panels }
    }
  }

  /// Convolves into an output of int32 or bytes.
  ///
  /// - Parameter requantization: for bytes; from the geometry.
  func run(
    _ context: RunContext, x: Tensor, zero: Int32, weights: Tensor, weightZeros: [Int32], geometry: ConvGeometry,
    output: ElementType, requantization: Requantization?
  ) throws(OperatorError) {
    guard let conv = IntegerConv(geometry) else { throw .resource("the padded image is too large") }
    let panels: [ShortPanels]
    if let packed, packed.dims == weights.shape.dims {
      panels = packed.panels
    } else {
      panels = try pack(conv, weights, zeros: weightZeros)
    }
    let shorts = try context.scratch(conv.shortCount, of: Int16.self)
    let sums = try context.scratch(product(conv.sumCount, context.parallel.threads), of: Int32.self)
    let dims = [geometry.batch, geometry.outputChannels] + geometry.axes.map(\.output)
    let y = try context.makeBytes(0, output, dims)
    guard let address = x.address, let shorts = shorts.baseAddress, let sums = sums.baseAddress,
      let target = y.baseAddress
    else { throw .invalid("the input has no bytes") }
    let result: IntegerResult =
      if let requantization {
        .bytes(.init(target.assumingMemoryBound(to: UInt8.self)), requantization)
      } else {
        .sums(.init(target.assumingMemoryBound(to: Int32.self)))
      }
    conv.run(
      address, isSigned: x.elementType == .int8, zero: zero, panels, result, shorts: shorts, sums: sums,
      parallel: context.parallel)
  }
}
