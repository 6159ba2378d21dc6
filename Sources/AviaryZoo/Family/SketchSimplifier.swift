/// Makes one cell of what is computed in several: activations and normalisations taken apart.
enum SketchSimplifier {
  /// Cells stay where they are; those that became part of another lose their readers.
  static func simplify(_ cells: inout [SketchCell]) {
    for index in cells.indices {
      guard case .elementwise(let name) = cells[index].role else { continue }
      let chains = cells[index].inputs.map { softChain(from: $0, cells) }
      guard let origin = chains.first?.first(where: { cell in chains.allSatisfy { $0.contains(cell) } })
      else { continue }
      let inner = Set(chains.flatMap { $0.prefix { $0 != origin } })
      let isStatistic = inner.contains { cells[$0].isGlobalAverage }
      if !isStatistic, inner.contains(where: { !cells[$0].isPointwise }) { continue }
      let operators = inner.reduce(into: Set([name])) { $0.formUnion(cells[$1].pointwiseOperators) }
      cells[index].role =
        isStatistic ? .block(.normalization) : .pointwise(SketchVocabulary.activation(of: operators))
      cells[index].inputs = [origin]
      cells[index].nodes = inner.sorted().flatMap { cells[$0].nodes } + cells[index].nodes
    }
  }

  /// The cell and those before it, as long as no value is mixed with others but into a mean of all.
  private static func softChain(from start: Int, _ cells: [SketchCell]) -> [Int] {
    var chain = [start]
    var cell = start
    while cells[cell].isSoft, let next = cells[cell].inputs.first {
      chain.append(next)
      cell = next
      // Activations are composed of a few operators; whatever is longer is none.
      if chain.count > 24 { break }
    }
    return chain
  }
}

extension SketchCell {
  fileprivate var isPointwise: Bool { if case .pointwise = role { true } else { false } }

  fileprivate var isGlobalAverage: Bool {
    if case .block(.pool(let pool)) = role { pool.kind == .average && pool.kernel == nil } else { false }
  }

  fileprivate var isSoft: Bool {
    if case .block(.normalization) = role { return true }
    return isPointwise || isGlobalAverage
  }

  fileprivate var pointwiseOperators: Set<String> {
    if case .pointwise(let name) = role { [name] } else { [] }
  }
}
