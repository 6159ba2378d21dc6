import AviaryCore
import AviaryKernels

/// A convolution whose taps are moved by an offset each, and may be weighted by a mask; between pixels values are
/// interpolated linearly, outside the image they are 0 (arXiv:1703.06211, arXiv:1811.11168).
///
/// Spec: DeformConv, for any number of spatial axes. Offsets are N x (offset_group * taps * axes) x output, masks
/// N x (offset_group * taps) x output. Versions 19 and 22 differ in element types only.
struct DeformConv: Operator {
  static let id = OperatorID("DeformConv")
  static let opsets = 19...Opset.latest

  private let window: WindowAttributes
  private let kernelShape: [Int]?
  private let groups: Int
  private let offsetGroups: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    var window = WindowAttributes()
    window.strides = try attributes.ints("strides") ?? []
    window.dilations = try attributes.ints("dilations") ?? []
    window.pads = try attributes.ints("pads") ?? []
    self.window = window
    kernelShape = try attributes.ints("kernel_shape")
    groups = try attributes.int("group", default: 1)
    offsetGroups = try attributes.int("offset_group", default: 1)
    guard groups >= 1, offsetGroups >= 1 else {
      throw ImportError(.invalidAttribute, "'group' is \(groups), 'offset_group' \(offsetGroups): must be positive")
    }
  }

  private func geometry(_ x: [Int], _ w: [Int]) throws(OperatorError) -> ConvGeometry {
    guard x.count >= 3 else { throw .rank(x.count, input: 0, needs: "3 or more") }
    guard w.count == x.count else { throw .rank(w.count, input: 1, needs: "\(x.count), as the input") }
    // Corners of a cell are listed: beyond any image's number of axes that is no service.
    guard x.count <= 10 else { throw .unsupported("\(x.count - 2) spatial axes") }
    if let kernelShape, kernelShape != Array(w[2...]) {
      throw .invalid("attribute 'kernel_shape' is \(kernelShape), the weights have \(Array(w[2...]))")
    }
    let (needed, overflow) = w[1].multipliedReportingOverflow(by: groups)
    guard !overflow, needed == x[1], w[0] % groups == 0, x[1] % offsetGroups == 0 else {
      throw .invalid(
        "\(x[1]) channels and weights \(w) do not go with \(groups) groups and \(offsetGroups) groups of offsets")
    }
    return ConvGeometry(
      batch: x[0], groups: groups, inputChannels: x[1], outputChannels: w[0],
      axes: try window.axes(input: Array(x[2...]), kernel: Array(w[2...])))
  }

  /// Checks offsets (input 2), bias (3) and mask (4) against the geometry, which has their batch and positions.
  private func check(_ geometry: ConvGeometry, _ index: Int, _ shape: [Int]) throws(OperatorError) {
    let positions = geometry.axes.map(\.output)
    var wanted = [geometry.outputChannels]
    if index != 3 {
      let rows = try product(offsetGroups, geometry.taps)
      wanted = [geometry.batch, index == 2 ? try product(rows, geometry.axes.count) : rows] + positions
    }
    guard shape == wanted else { throw .invalid("input \(index) has shape \(shape), needs \(wanted)") }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1, 2] + [3, 4].filter { inputs.at($0) != nil }, .reals)
    let (x, w) = (inputs[0].shape, inputs[1].shape)
    guard let xDims = x.known, let wDims = w.known else {
      guard let rank = x.rank ?? w.rank, rank >= 3 else { return [ValueInfo(type, .unknown)] }
      return [ValueInfo(type, SymbolicShape([x[0], w[0]] + [Extent](repeating: .unknown, count: rank - 2)))]
    }
    let geometry = try geometry(xDims, wDims)
    for index in 2..<5 {
      if let shape = inputs.at(index)?.shape.known { try check(geometry, index, shape) }
    }
    return [ValueInfo(type, [geometry.batch, geometry.outputChannels] + geometry.axes.map(\.output))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    var tensors: [Tensor?] = [x]
    for index in 1..<5 {
      let tensor = index < 3 ? try context.input(index) : try context.optionalInput(index)
      if let tensor, tensor.elementType != x.elementType { throw .type(tensor.elementType, input: index) }
      tensors.append(tensor)
    }
    guard let w = tensors[1], let offsets = tensors[2] else { throw .missingInput(1) }
    let geometry = try geometry(x.shape.dims, w.shape.dims)
    for index in 2..<5 { if let tensor = tensors[index] { try check(geometry, index, tensor.shape.dims) } }
    func address(_ tensor: Tensor?) throws(OperatorError) -> UnsafeRawPointer? {
      guard let tensor else { return nil }
      return try context.address(of: tensor, in: compute)
    }
    let (mask, bias) = (try address(tensors[4]), try address(tensors[3]))
    let (image, weights) = (try context.address(of: x, in: compute), try context.address(of: w, in: compute))
    let moves = try context.address(of: offsets, in: compute)
    let (area, taps) = (geometry.outputArea, geometry.taps)
    let columns = try context.scratch(
      product(product(geometry.inputChannels, taps), area), in: compute)
    let sampler = DeformedColumns(geometry, offsetGroups: offsetGroups)
    let (m, k) = (geometry.groupOutputs, geometry.depth)
    let width = compute.stride
    let gemm = BatchedGemm(m: m, n: area, k: k)
    guard let size = gemm.scratchSize else { throw .resource("the columns are too large to multiply") }
    let memory = try context.scratch(compute == .float ? size : 0, of: Float.self)
    let slot = WorkerScratch(memory, slots: 1, slotSize: compute == .float ? size : 0)
    let dims = [geometry.batch, geometry.outputChannels] + geometry.axes.map(\.output)
    try context.makeResult(0, x.elementType, dims, in: compute) { y in
      for n in 0..<geometry.batch {
        let rows = offsetGroups * taps * area
        sampler.run(
          isDouble: compute == .double, x: image + n * geometry.inputChannels * geometry.inputArea * width,
          offsets: moves + n * rows * geometry.axes.count * width, mask: mask.map { $0 + n * rows * width },
          columns: columns, parallel: context.parallel)
        for group in 0..<groups {
          let a = weights + group * m * k * width
          let b = UnsafeRawPointer(columns) + group * k * area * width
          let c = y + (n * geometry.outputChannels + group * m) * area * width
          if compute == .float {
            let rowBias = bias.map { $0.assumingMemoryBound(to: Float.self) + group * m }
            gemm.run(count: 1, scratch: slot, parallel: context.parallel) { _ in
              BatchedGemm.Product(
                a: .init(a.assumingMemoryBound(to: Float.self), row: k),
                b: .init(b.assumingMemoryBound(to: Float.self), row: area),
                c: c.assumingMemoryBound(to: Float.self), cRow: area, epilogue: Epilogue(rowBias: rowBias))
            }
          } else {
            GeneralProduct.run(
              compute, m: m, n: area, k: k, a: a, aRow: k, aColumn: 1, b: b, bRow: area, bColumn: 1, c: c,
              parallel: context.parallel)
            guard let bias = bias?.assumingMemoryBound(to: Double.self) else { continue }
            let values = c.assumingMemoryBound(to: Double.self)
            for i in 0..<m * area { values[i] += bias[group * m + i / area] }
          }
        }
      }
    }
  }
}
