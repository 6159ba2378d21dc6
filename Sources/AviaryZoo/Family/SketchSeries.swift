/// Finds where ways part and meet: turns cells into a series of blocks with branches.
struct SketchSeries {
  /// Ways within ways; what is deeper than this is no network that anybody recognises.
  private static let maximumDepth = 64

  struct Tangle: Error {
    let reason: String
  }

  private let cells: [SketchCell]
  /// The last cell that every way from the input to a cell passes; -1 for cells that lead nowhere.
  private let dominator: [Int]
  private var visited: Set<Int> = []

  init(_ cells: [SketchCell]) {
    self.cells = cells
    dominator = Self.dominators(cells)
  }

  /// The blocks between the picture and a cell.
  ///
  /// - Throws: `Tangle` where ways meet other than in the order in which they parted.
  mutating func blocks(to end: Int) throws(Tangle) -> [NetworkBlock] {
    Self.withDenseHead(try series(from: 0, to: end, depth: 0))
  }

  /// Behind a pool over the whole map there are no places any more: 1x1 convolutions are dense layers.
  private static func withDenseHead(_ blocks: [NetworkBlock]) -> [NetworkBlock] {
    var isPooled = false
    return blocks.map { block in
      if let pool = block.pool, pool.kernel == nil { isPooled = true }
      if block.dense != nil { isPooled = true }
      guard isPooled, let convolution = block.convolution, convolution.isPointwise, convolution.group == 1
      else {
        if block.convolution != nil || block.merge != nil { isPooled = false }
        return block
      }
      let dense = NetworkBlock.Dense(inputs: convolution.inputs, outputs: convolution.outputs)
      return NetworkBlock(.dense(dense), activations: block.activations, nodes: block.nodes)
    }
  }

  private static func dominators(_ cells: [SketchCell]) -> [Int] {
    var dominator = [Int](repeating: 0, count: cells.count)
    var depth = dominator
    for (index, cell) in cells.enumerated().dropFirst() {
      var common = cell.inputs.first ?? 0
      for other in cell.inputs.dropFirst() {
        var other = other
        while common != other {
          if depth[common] >= depth[other] { common = dominator[common] } else { other = dominator[other] }
        }
      }
      dominator[index] = common
      depth[index] = depth[common] + 1
    }
    return dominator
  }

  private mutating func series(
    from start: Int, to end: Int, depth: Int
  ) throws(Tangle) -> [NetworkBlock] {
    guard depth <= Self.maximumDepth else {
      throw Tangle(reason: "its branches are nested deeper than those of any known family")
    }
    var blocks: [NetworkBlock] = []
    var cell = end
    while cell != start {
      guard visited.insert(cell).inserted else {
        throw Tangle(reason: "its branches cross each other, as those of no known family do")
      }
      let current = cells[cell]
      switch current.role {
      case .input: return blocks.reversed()
      case .block(let kind):
        blocks.append(NetworkBlock(kind, nodes: current.nodes))
        cell = current.inputs.first ?? start
      case .pointwise(let name):
        blocks.append(NetworkBlock(.activation, activations: [name], nodes: current.nodes))
        cell = current.inputs.first ?? start
      case .elementwise(let name), .joint(let name):
        let fork = dominator[cell]
        var branches: [[NetworkBlock]] = []
        for input in current.inputs { branches.append(try series(from: fork, to: input, depth: depth + 1)) }
        blocks.append(
          NetworkBlock(.merge(.init(operation: name, branches: branches)), nodes: current.nodes))
        cell = fork
      }
    }
    return Self.joined(blocks.reversed())
  }

  /// Activations go to the block before them, normalisations in a row are one.
  private static func joined(_ blocks: [NetworkBlock]) -> [NetworkBlock] {
    var result: [NetworkBlock] = []
    for block in blocks {
      if let last = result.last {
        let isSame = block.kind == .normalization && last.kind == .normalization
        if block.kind == .activation || isSame {
          result[result.count - 1].activations += block.activations
          result[result.count - 1].nodes += block.nodes
          continue
        }
      }
      result.append(block)
    }
    return result
  }
}
