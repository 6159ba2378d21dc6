import AviaryCore
import AviaryKernels

/// Y = softmax(Q K' * scale + mask) V for heads side by side, as projections write them.
///
/// Our own (`aviary.Attention`), made by the attention-fusion pass. Inputs: values that hold queries, keys and
/// values, each batch x positions x C (`sequence_first`: positions x batch x C; C may be several axes), often
/// all three the same; and a mask that broadcasts to batch x heads x queries x keys and is added. Head `h` of
/// operand `n` has its numbers at `offsets[n] + h * steps[n]` of C. Output: batch x positions x (heads *
/// value_size), or positions first. A batch of 1 serves all of a larger one.
struct FusedAttention: BindingOperator {
  static let id = OperatorID("Attention", domain: OperatorID.aviaryDomain)
  static let opsets = 1...1

  private let heads: Int
  private let headSize: Int
  private let valueSize: Int
  private let offsets: [Int]
  private let steps: [Int]
  private let scale: Float
  private let isSequenceFirst: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    heads = try attributes.int("heads").required("heads")
    headSize = try attributes.int("head_size").required("head_size")
    valueSize = try attributes.int("value_size").required("value_size")
    offsets = try attributes.ints("offsets").required("offsets")
    steps = try attributes.ints("steps").required("steps")
    scale = try attributes.float("scale", default: 1)
    isSequenceFirst = try attributes.bool("sequence_first", default: false)
    guard heads >= 1, headSize >= 1, valueSize >= 1, offsets.count == 3, steps.count == 3,
      (offsets + steps).allSatisfy({ $0 >= 0 })
    else { throw ImportError(.invalidAttribute, "heads, sizes, offsets or steps are not possible") }
  }

  // MARK: Shapes

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, [.float])
    let width = try product(heads, valueSize)
    let dims = (0..<3).map { inputs.at($0)?.shape.dims }
    guard let q = dims[0], q.count >= 3 else { return [ValueInfo(.float, .rank(3))] }
    let axis = isSequenceFirst ? 1 : 0
    let others = dims.map { $0.map { $0.indices.contains(axis) ? $0[axis] : .unknown } ?? .unknown }
    // The batch is the first that is not 1.
    let batch = others.allSatisfy { $0 == 1 } ? 1 : others.first { $0 != 1 && $0 != .unknown } ?? .unknown
    let result = isSequenceFirst ? [q[0], batch] : [batch, q[1]]
    return [ValueInfo(.float, SymbolicShape(result + [.known(width)]))]
  }

  /// The geometry for concrete shapes.
  private func geometry(_ shapes: [[Int]], mask: [Int]?) throws(OperatorError) -> HeadAttention {
    let (batchAxis, rowAxis) = isSequenceFirst ? (1, 0) : (0, 1)
    let batch = shapes.map { $0.count > 1 ? $0[batchAxis] : 1 }.first { $0 != 1 } ?? 1
    var rows: [HeadAttention.Rows] = []
    for (index, dims) in shapes.enumerated() {
      guard dims.count >= 3 else { throw .rank(dims.count, input: index, needs: "3 or more") }
      guard dims[batchAxis] == batch || dims[batchAxis] == 1 else {
        throw .invalid("input \(index) has a batch of \(dims[batchAxis]), another one of \(batch)")
      }
      let width = try checked { () throws(TensorError) in try Shape(Array(dims[2...])) }.count
      let size = index == 2 ? valueSize : headSize
      let last = try sum(sum(product(heads - 1, steps[index]), offsets[index]), size)
      guard last <= width else { throw .invalid("input \(index) has \(width) columns, needs \(last)") }
      let step = dims[batchAxis] == 1 ? 0 : isSequenceFirst ? width : dims[1] * width
      guard dims[rowAxis] > 0 || index == 0 else { throw .invalid("input \(index) has no positions") }
      rows.append(
        HeadAttention.Rows(
          offset: offsets[index], batchStep: step,
          rowStep: isSequenceFirst ? dims[1] * width : width, headStep: steps[index]))
    }
    guard shapes[1][rowAxis] == shapes[2][rowAxis] else {
      throw .invalid("\(shapes[1][rowAxis]) keys do not go with \(shapes[2][rowAxis]) values")
    }
    let (queries, keys) = (shapes[0][rowAxis], shapes[1][rowAxis])
    let width = try product(heads, valueSize)
    let output = HeadAttention.Rows(
      offset: 0, batchStep: isSequenceFirst ? width : try product(queries, width),
      rowStep: isSequenceFirst ? try product(batch, width) : width, headStep: valueSize)
    return HeadAttention(
      batch: batch, heads: heads, queryCount: queries, keyCount: keys, headSize: headSize,
      valueSize: valueSize, scale: scale, queries: rows[0], keys: rows[1], values: rows[2], output: output,
      mask: try mask.map { dims throws(OperatorError) in
        try maskLayout(dims, [batch, heads, queries, keys])
      })
  }

  private func maskLayout(_ own: [Int], _ full: [Int]) throws(OperatorError) -> HeadAttention.Mask {
    guard own.count <= 4 else { throw .rank(own.count, input: 3, needs: "at most 4") }
    let dims = [Int](repeating: 1, count: 4 - own.count) + own
    guard zip(dims, full).allSatisfy({ $0 == 1 || $0 == $1 }) else {
      throw .invalid("a mask of shape \(own) does not broadcast to \(full)")
    }
    let strides = denseStrides(dims)
    let steps = (0..<4).map { dims[$0] == 1 ? 0 : strides[$0] }
    return HeadAttention.Mask(
      batchStep: steps[0], headStep: steps[1], rowStep: steps[2], keyStep: steps[3])
  }

  private func outputDims(_ geometry: HeadAttention) -> [Int] {
    let (batch, rows) = (geometry.batch, geometry.queryCount)
    return (isSequenceFirst ? [rows, batch] : [batch, rows]) + [heads * valueSize]
  }

  // MARK: Running

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    var shapes: [[Int]] = []
    for index in 0..<3 {
      let info = try inputs.required(index)
      guard info.elementType == .float, let dims = info.shape.known else { return nil }
      shapes.append(dims)
    }
    var mask: [Int]?
    if let info = inputs.at(3) {
      guard info.elementType == .float, let dims = info.shape.known else { return nil }
      mask = dims
    }
    let geometry = try geometry(shapes, mask: mask)
    guard let floats = geometry.scratchSize else { throw .resource("a head is too large") }
    return Bound(
      geometry: geometry,
      scratchBytes: try product(product(floats, max(1, context.threads)), MemoryLayout<Float>.stride))
  }

  func run(_ context: RunContext) throws(OperatorError) {
    var shapes: [[Int]] = []
    var operands: [UnsafePointer<Float>?] = []
    for index in 0..<3 {
      shapes.append(try context.input(index).shape.dims)
      operands.append(try context.elements(index, as: Float.self).baseAddress)
    }
    let mask = try context.optionalInput(3)
    let geometry = try geometry(shapes, mask: mask?.shape.dims)
    let values = try mask == nil ? nil : context.elements(3, as: Float.self).baseAddress
    guard let floats = geometry.scratchSize else { throw .resource("a head is too large") }
    let scratch = try context.scratch(product(floats, context.parallel.threads), of: Float.self)
    let y = try context.make(0, outputDims(geometry), as: Float.self)
    guard let q = operands[0], let k = operands[1], let v = operands[2], let y = y.baseAddress,
      let memory = scratch.baseAddress
    else { return }
    geometry.run(q: q, k: k, v: v, mask: values, y: y, scratch: memory, parallel: context.parallel)
  }

  private struct Bound: BoundKernel {
    let geometry: HeadAttention
    let scratchBytes: Int

    var choice: KernelChoice {
      KernelChoice("attention", reason: "\(geometry.heads) heads, scores of a block of queries at a time")
    }

    func run(_ io: KernelIO) {
      guard let q = io.inputs[0], let k = io.inputs[1], let v = io.inputs[2], let y = io.outputs[0] else {
        return
      }
      let mask = geometry.mask == nil ? nil : io.inputs[3]
      geometry.run(
        q: q.assumingMemoryBound(to: Float.self), k: k.assumingMemoryBound(to: Float.self),
        v: v.assumingMemoryBound(to: Float.self), mask: mask?.assumingMemoryBound(to: Float.self),
        y: y.assumingMemoryBound(to: Float.self), scratch: io.scratch.assumingMemoryBound(to: Float.self),
        parallel: io.parallel)
    }
  }
}
