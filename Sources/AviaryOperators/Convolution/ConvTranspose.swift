import AviaryCore
import AviaryKernels

/// Y[n, m, i * stride - pad + t * dilation] += X[n, c, i] * W[c, m, t]; plus B[m].
///
/// Spec: ConvTranspose. Output extents follow from `pads` and `output_padding`, or the pads from
/// `output_shape`; SAME_UPPER and SAME_LOWER mean an output of input * stride, and differ in where an odd
/// pad goes.
struct ConvTranspose: Operator {
  static let id = OperatorID("ConvTranspose")
  static let opsets = 1...Opset.latest

  private let window: WindowAttributes
  private let kernelShape: [Int]?
  private let outputPadding: [Int]
  private let outputShape: [Int]
  private let groups: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    window = try WindowAttributes(attributes: &attributes)
    kernelShape = try attributes.ints("kernel_shape")
    outputPadding = try attributes.ints("output_padding") ?? []
    outputShape = try attributes.ints("output_shape") ?? []
    groups = try attributes.int("group", default: 1)
    guard groups >= 1 else { throw ImportError(.invalidAttribute, "attribute 'group' is \(groups)") }
  }

  // MARK: Geometry

  /// Largest attribute value: products of two of them stay far from overflow.
  private static let largest = 1 << 30

  private func check(rank: Int, _ w: [Int]) throws(OperatorError) {
    func check(_ list: [Int], _ name: String, _ counts: Set<Int>, _ low: Int) throws(OperatorError) {
      guard list.isEmpty || counts.contains(list.count) else {
        throw .invalid("attribute '\(name)' has \(list.count) entries for \(rank) spatial axes")
      }
      for value in list where value < low || value > Self.largest {
        throw .invalid("attribute '\(name)' has the value \(value), must lie in \(low) ... \(Self.largest)")
      }
    }
    try check(window.strides, "strides", [rank], 1)
    try check(window.dilations, "dilations", [rank], 1)
    try check(window.pads, "pads", [2 * rank], 0)
    try check(outputPadding, "output_padding", [rank], 0)
    try check(outputShape, "output_shape", [rank, rank + 2], 0)
    if let kernelShape, kernelShape != Array(w[2...]) {
      throw .invalid("attribute 'kernel_shape' is \(kernelShape), the weights have \(Array(w[2...]))")
    }
  }

  /// The window of one axis, seen as the convolution that this transposes.
  private func axis(_ index: Int, _ input: Int, rank: Int, kernel: Int) throws(OperatorError) -> WindowAxis {
    guard kernel >= 1, kernel <= Self.largest, input >= 0, input <= Self.largest else {
      throw .invalid("a window of \(kernel) over an axis of \(input) is not possible")
    }
    let stride = window.strides.isEmpty ? 1 : window.strides[index]
    let dilation = window.dilations.isEmpty ? 1 : window.dilations[index]
    let extra = outputPadding.isEmpty ? 0 : outputPadding[index]
    let full = stride * (input - 1) + extra + (kernel - 1) * dilation + 1
    var axis = WindowAxis(input: 0, output: input, kernel: kernel, stride: stride, dilation: dilation)
    let isSame = window.autoPad == .sameUpper || window.autoPad == .sameLower
    if !outputShape.isEmpty || isSame {
      axis.input = outputShape.isEmpty ? input * stride : outputShape[outputShape.count - rank + index]
      let total = max(0, full - axis.input)
      axis.padBegin = window.autoPad == .sameUpper ? total / 2 : total - total / 2
      axis.padEnd = total - axis.padBegin
      return axis
    }
    if window.autoPad == .notSet, !window.pads.isEmpty {
      axis.padBegin = window.pads[index]
      axis.padEnd = window.pads[index + rank]
    }
    axis.input = input == 0 ? 0 : full - axis.padBegin - axis.padEnd
    guard axis.input >= 0 else {
      throw .invalid("padding \(axis.padBegin) and \(axis.padEnd) leaves nothing of an axis of \(full)")
    }
    return axis
  }

  private func geometry(_ x: [Int], _ w: [Int]) throws(OperatorError) -> ConvGeometry {
    let rank = x.count - 2
    guard rank >= 1 else { throw .rank(x.count, input: 0, needs: "3 or more") }
    guard w.count == x.count else { throw .rank(w.count, input: 1, needs: "\(x.count), as the input") }
    try check(rank: rank, w)
    guard w[0] == x[1], w[0] % groups == 0 else {
      throw .invalid("the input has \(x[1]) channels, the weights \(w[0]), in \(groups) groups")
    }
    var axes: [WindowAxis] = []
    for index in 0..<rank { axes.append(try axis(index, x[index + 2], rank: rank, kernel: w[index + 2])) }
    return ConvGeometry(
      batch: x[0], groups: groups, inputChannels: try product(w[1], groups), outputChannels: w[0], axes: axes)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    let (x, w) = (try inputs.required(0).shape, try inputs.required(1).shape)
    guard let rank = x.rank ?? w.rank else { return [ValueInfo(type, .unknown)] }
    guard rank >= 3 else { throw .rank(rank, input: 0, needs: "3 or more") }
    guard let weights = w.known, weights.count == rank else {
      return [ValueInfo(type, SymbolicShape([x[0]] + [Extent](repeating: .unknown, count: rank - 1)))]
    }
    try check(rank: rank - 2, weights)
    var dims = [x[0], Extent.known(try product(weights[1], groups))]
    for index in 0..<rank - 2 {
      if let extent = x[index + 2].value {
        dims.append(.known(try axis(index, extent, rank: rank - 2, kernel: weights[index + 2]).input))
      } else {
        dims.append(.unknown)
      }
    }
    return [ValueInfo(type, SymbolicShape(dims))]
  }

  // MARK: Run

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let w = try context.input(1)
    guard w.elementType == x.elementType else { throw .type(w.elementType, input: 1) }
    let geometry = try geometry(x.shape.dims, w.shape.dims)
    let bias = try context.optionalInput(2)
    if let bias {
      guard bias.elementType == x.elementType else { throw .type(bias.elementType, input: 2) }
      guard bias.shape.dims == [geometry.inputChannels] else {
        throw .invalid("input 2 has shape \(bias.shape), needs \(geometry.inputChannels)")
      }
    }
    guard let size = ConvTransposed.productSize(geometry) else {
      throw .resource("the product of weights and input is too large")
    }
    let dims = [geometry.batch, geometry.inputChannels] + geometry.axes.map(\.input)
    let product = try context.scratch(size, in: compute)
    let input = try context.address(of: x, in: compute)
    let weights = try context.address(of: w, in: compute)
    var shifts: UnsafeRawPointer?
    if let bias { shifts = try context.address(of: bias, in: compute) }
    let multiply = try Multiplication(context, geometry, compute)
    let width = compute.stride
    let (readArea, writtenArea) = (geometry.outputArea, geometry.inputArea)
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      for image in 0..<geometry.batch {
        for group in 0..<groups {
          let read = (image * geometry.outputChannels + group * geometry.groupOutputs) * readArea
          let written = image * geometry.inputChannels + group * geometry.groupInputs
          multiply(
            weights + group * geometry.groupOutputs * geometry.depth * width, input + read * width, product)
          ConvTransposed.fold(
            geometry, isDouble: compute == .double, product: product,
            bias: shifts.map { $0 + group * geometry.groupInputs * width },
            y: output + written * writtenArea * width, parallel: context.parallel)
        }
      }
    }
  }

  /// The product of one group's transposed weights and one image: (written channel, tap) x (position read).
  private struct Multiplication {
    private let gemm: BatchedGemm
    private let scratch: WorkerScratch<Float>?
    private let compute: ComputeType
    private let parallel: any Parallel

    init(_ context: RunContext, _ geometry: ConvGeometry, _ compute: ComputeType) throws(OperatorError) {
      gemm = BatchedGemm(m: geometry.depth, n: geometry.outputArea, k: geometry.groupOutputs)
      self.compute = compute
      parallel = context.parallel
      guard compute == .float else {
        scratch = nil
        return
      }
      guard let size = gemm.scratchSize else { throw .resource("the input is too large") }
      scratch = WorkerScratch(try context.scratch(size, of: Float.self), slots: 1, slotSize: size)
    }

    func callAsFunction(
      _ weights: UnsafeRawPointer, _ x: UnsafeRawPointer, _ product: UnsafeMutableRawPointer
    ) {
      guard let scratch else {
        return GeneralProduct.run(
          compute, m: gemm.m, n: gemm.n, k: gemm.k, a: weights, aRow: 1, aColumn: gemm.m, b: x,
          bRow: gemm.n, bColumn: 1, c: product, parallel: parallel)
      }
      gemm.run(count: 1, scratch: scratch, parallel: parallel) { _ in
        .init(
          a: .init(weights.assumingMemoryBound(to: Float.self), row: 1, column: gemm.m),
          b: .init(x.assumingMemoryBound(to: Float.self), row: gemm.n),
          c: product.assumingMemoryBound(to: Float.self), cRow: gemm.n)
      }
    }
  }
}
