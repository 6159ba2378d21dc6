import AviaryCore
import AviaryKernels

/// The input cut along `axis` into consecutive parts: of the lengths `split`, or as many equal ones as there
/// are outputs (since opset 18 the last may be shorter).
///
/// ONNX `Split`: opset 1 and 13 have `split` as input, 2 and 11 as attribute; 18 adds `num_outputs`.
struct Split: BindingOperator {
  static let id = OperatorID("Split")
  static let opsets = 1...Opset.latest

  private let axis: Int
  private let split: [Int]?
  private let outputCount: Int?
  private let splitIsInput: Bool
  private let mayBeUneven: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 0)
    split = opset < 13 ? try attributes.ints("split") : nil
    splitIsInput = opset < 2 || opset >= 13
    mayBeUneven = opset >= 18
    outputCount = mayBeUneven ? try attributes.int("num_outputs") : nil
    if let outputCount, outputCount < 1 {
      throw ImportError(.invalidAttribute, "attribute 'num_outputs' is \(outputCount), must be at least 1")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let isGiven = split != nil || (splitIsInput && inputs.at(1) != nil)
    var lengths = try split.or(splitIsInput ? inputs.integerList(1) : nil)
    let count = lengths?.count ?? (isGiven ? inputs.length(1) : outputCount)
    guard let dims = data.shape.dims else {
      return [ValueInfo](repeating: ValueInfo(data.elementType, .unknown), count: clamped(count))
    }
    let axis = try normalizedAxis(axis, rank: dims.count)
    if let extent = dims[axis].value {
      if let lengths {
        try check(lengths, extent: extent)
      } else if !isGiven, let count {
        lengths = try equal(count, extent: extent)
      }
    }
    return (0..<clamped(count)).map { index in
      var part = dims
      part[axis] = lengths.flatMap { $0.indices.contains(index) ? .known($0[index]) : nil } ?? .unknown
      return ValueInfo(data.elementType, SymbolicShape(part))
    }
  }

  /// How many outputs to describe: a node cannot have more than it names, so a bound costs nothing.
  private func clamped(_ count: Int?) -> Int { min(count ?? 0, 1 << 16) }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let axis = try normalizedAxis(axis, rank: data.shape.rank)
    let extent = data.shape[axis]
    let lengths: [Int]
    if let given = try split.or(splitIsInput ? context.integerList(1) : nil) {
      try check(given, extent: extent)
      lengths = given
    } else {
      lengths = try equal(outputCount ?? context.outputs.count, extent: extent)
    }
    guard lengths.count == context.outputs.count else {
      throw .invalid("\(lengths.count) parts for \(context.outputs.count) outputs")
    }
    let strides = data.shape.strides
    var start = 0
    for (index, length) in lengths.enumerated() {
      defer { start += length }
      guard context.wants(index) else { continue }
      var dims = data.shape.dims
      dims[axis] = length
      var mover = CellMover(context, data.elementType)
      try mover.copy(
        data, to: index, dims,
        StridedCopy(
          dims: dims, source: strides, destination: denseStrides(dims),
          sourceOffset: start * strides[axis]))
    }
  }

  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)? {
    guard let shape = try inputs.required(0).knownShape else { return nil }
    let axis = try normalizedAxis(axis, rank: shape.rank)
    let given = try split.or(splitIsInput ? inputs.integerList(1) : nil)
    guard given != nil || !splitIsInput || inputs.at(1) == nil else { return nil }
    let lengths: [Int]
    if let given {
      try check(given, extent: shape[axis])
      lengths = given
    } else {
      lengths = try equal(outputCount ?? outputs.count, extent: shape[axis])
    }
    guard lengths.count == outputs.count else { return nil }
    var parts: [CopyKernel.Part] = []
    var start = 0
    for (index, length) in lengths.enumerated() {
      var dims = shape.dims
      dims[axis] = length
      parts.append(
        CopyKernel.Part(
          output: index,
          StridedCopy(
            dims: dims, source: shape.strides, destination: denseStrides(dims),
            sourceOffset: start * shape.strides[axis])))
      start += length
    }
    return CopyKernel(inputs[0].elementType, parts)
  }

  private func check(_ lengths: [Int], extent: Int) throws(OperatorError) {
    var total = 0
    for length in lengths {
      guard length >= 0 else { throw .invalid("split \(lengths) holds a negative length") }
      total = try sum(total, length)
    }
    guard total == extent else {
      throw .invalid("split \(lengths) adds up to \(total), the axis has extent \(extent)")
    }
  }

  private func equal(_ count: Int, extent: Int) throws(OperatorError) -> [Int] {
    guard count > 0 else { throw .invalid("there are no outputs to split into") }
    guard count <= 1 << 16 else { throw .invalid("\(count) parts are more than a node can have") }
    guard mayBeUneven || extent % count == 0 else {
      throw .invalid("extent \(extent) does not split into \(count) equal parts")
    }
    let length = extent / count + (extent % count == 0 ? 0 : 1)
    return (0..<count).map { max(0, min(length, extent - $0 * length)) }
  }
}
