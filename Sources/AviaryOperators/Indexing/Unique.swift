import AviaryCore
import AviaryKernels

/// The distinct elements (or slices along `axis`), sorted or in the order of first appearance, with the index
/// of each first appearance, the place of every element among them, and counts.
///
/// ONNX `Unique`, all versions. Equal NaNs count as one.
struct Unique: Operator {
  static let id = OperatorID("Unique")
  static let opsets = 11...Opset.latest

  private let axis: Int?
  private let isSorted: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis")
    isSorted = try attributes.bool("sorted", default: true)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let list = ValueInfo(.int64, .rank(1))
    guard let axis else { return [ValueInfo(data.elementType, .rank(1)), list, list, list] }
    guard var dims = data.shape.dims else {
      return [ValueInfo(data.elementType, .unknown), list, list, list]
    }
    dims[try normalizedAxis(axis, rank: dims.count)] = .unknown
    return [ValueInfo(data.elementType, SymbolicShape(dims)), list, list, list]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    var (outer, extent, inner) = (1, data.count, 1)
    var dims = [data.count]
    var axis = 0
    if let given = self.axis {
      axis = try normalizedAxis(given, rank: data.shape.rank)
      dims = data.shape.dims
      extent = dims[axis]
      outer = data.shape.product(0..<axis)
      inner = data.shape.product((axis + 1)..<dims.count)
    }
    let keys = try keys(data)
    let groups = Groups(extent: extent, isSorted: isSorted) { slice in
      var key: [Int64] = []
      key.reserveCapacity(outer * inner)
      for o in 0..<outer {
        let start = (o * extent + slice) * inner
        key += keys[start..<(start + inner)]
      }
      return key
    }
    dims[axis] = groups.first.count
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: outer, extent: extent, indices: groups.first,
      blockBytes: inner * mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
    for (index, list) in [groups.first, groups.inverse, groups.counts].enumerated() {
      guard context.wants(index + 1) else { continue }
      context.set(
        index + 1, try checked { () throws(TensorError) in try Tensor(list.map { Int64($0) }) })
    }
  }

  private func keys(_ data: Tensor) throws(OperatorError) -> [Int64] {
    if data.elementType == .string {
      // Strings are ordered by code points, which the order of their UTF-8 bytes is.
      let strings = try checked { () throws(TensorError) in try data.strings() }
      let sorted = Set(strings).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let ranks = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int64($0)) })
      return strings.map { ranks[$0] ?? 0 }
    }
    guard let keys = orderKeys(data) else { throw .type(data.elementType, input: 0) }
    return keys
  }

  /// Slices by content.
  private struct Groups {
    var first: [Int] = []
    var inverse: [Int]
    var counts: [Int] = []

    init(extent: Int, isSorted: Bool, key: (Int) -> [Int64]) {
      inverse = [Int](repeating: 0, count: extent)
      var found: [[Int64]: Int] = [:]
      var keys: [[Int64]] = []
      for slice in 0..<extent {
        let key = key(slice)
        if let group = found[key] {
          counts[group] += 1
          inverse[slice] = group
        } else {
          inverse[slice] = first.count
          found[key] = first.count
          keys.append(key)
          first.append(slice)
          counts.append(1)
        }
      }
      guard isSorted else { return }
      let order = first.indices.sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
      var place = [Int](repeating: 0, count: order.count)
      for (new, old) in order.enumerated() { place[old] = new }
      first = order.map { [first] in first[$0] }
      counts = order.map { [counts] in counts[$0] }
      inverse = inverse.map { place[$0] }
    }
  }
}
