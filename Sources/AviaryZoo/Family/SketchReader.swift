import AviaryCore
import AviaryRuntime

/// Reads a graph into cells: finds what depends on the picture, drops what only moves values.
struct SketchReader {
  private let graph: Graph
  private let infos: [String: ValueInfo]
  private(set) var cells: [SketchCell] = [SketchCell(role: .input, inputs: [], nodes: [])]
  /// The cell of every value that depends on the picture.
  private var cellOf: [String: Int] = [:]
  private(set) var scaling = InputScaling()

  init(_ graph: Graph, infos: [String: ValueInfo], picture: String) {
    self.graph = graph
    self.infos = infos
    cellOf[picture] = 0
    for (index, node) in graph.nodes.enumerated() { read(node, index) }
  }

  /// The cells of the graph's outputs, without repetition.
  var outputs: [Int] {
    var found: [Int] = []
    for output in graph.outputs {
      if let cell = cellOf[output.name], !found.contains(cell) { found.append(cell) }
    }
    return found
  }

  private mutating func read(_ node: Node, _ index: Int) {
    // Extents are no content: what is computed from them alone is as good as constant.
    if ["Shape", "Size"].contains(node.id.name) { return }
    let given = node.allInputs
    let sources = given.compactMap { cellOf[$0] }
    guard !sources.isEmpty else { return }
    let name = node.id.domain.isEmpty || node.id.domain == "com.microsoft" ? node.id.name : "\(node.id)"
    let distinct = Array(Set(sources))
    if distinct.count == 1, let source = distinct.first {
      if isTransparent(name, node, repeated: sources.count > 1) {
        if source == 0 { scaling.read(node, isPicture: { cellOf[$0] == 0 }, infos: infos) }
        cells[source].nodes.append(index)
        node.outputs.forEach { cellOf[$0] = source }
        return
      }
      return add(role(name, node, sources), [source], index, node)
    }
    let isElementwise = SketchVocabulary.elementwise.contains(name)
    add(isElementwise ? .elementwise(name) : .joint(name), sources, index, node)
  }

  private mutating func add(_ role: SketchCell.Role, _ inputs: [Int], _ index: Int, _ node: Node) {
    cells.append(SketchCell(role: role, inputs: inputs, nodes: [index]))
    for output in node.outputs where !output.isEmpty { cellOf[output] = cells.count - 1 }
  }

  /// Whether a node with one source leaves the values what they are.
  private func isTransparent(_ name: String, _ node: Node, repeated: Bool) -> Bool {
    if SketchVocabulary.transparent.contains(name) { return true }
    if name == "Concat" { return !repeated }
    return SketchVocabulary.arithmetic.contains(name) && !repeated
  }

  private func role(_ name: String, _ node: Node, _ sources: [Int]) -> SketchCell.Role {
    if name == "Conv" || name == "FusedConv", let convolution = convolution(node) {
      return .block(coversMap(node, convolution) ?? .convolution(convolution))
    }
    if name == "MatMul" || name == "Gemm" || name == "FusedMatMul" {
      // A product of two cuts of one value (queries and keys of a joint projection) is no dense layer.
      return sources.count > 1 ? .joint(name) : dense(node).map { .block(.dense($0)) } ?? .block(.other(name))
    }
    if let kind = SketchVocabulary.poolKinds[name] { return .block(.pool(pool(kind, node))) }
    if SketchVocabulary.normalization.contains(name) { return .block(.normalization) }
    if name == "Softmax" || name == "LogSoftmax" { return .block(.softmax) }
    if SketchVocabulary.pointwise.contains(name) || SketchVocabulary.elementwise.contains(name) {
      return .pointwise(name)
    }
    return sources.count > 1 ? .joint(name) : .block(.other(name))
  }

  private func known(_ name: String) -> [Int]? { infos[name]?.shape.known }

  private func convolution(_ node: Node) -> NetworkBlock.Convolution? {
    guard node.inputs.count > 1, cellOf[node.inputs[1]] == nil, let weight = known(node.inputs[1]),
      weight.count >= 3
    else { return nil }
    let group = max(1, node.int("group") ?? 1)
    let kernel = Array(weight.dropFirst(2))
    let (inputs, overflow) = weight[1].multipliedReportingOverflow(by: group)
    guard !overflow else { return nil }
    return .init(
      kernel: kernel, strides: node.ints("strides") ?? kernel.map { _ in 1 }, group: group, inputs: inputs,
      outputs: weight[0])
  }

  /// A window as large as the map makes one value per filter: a dense layer, as heads are sometimes written.
  private func coversMap(
    _ node: Node, _ convolution: NetworkBlock.Convolution
  ) -> NetworkBlock.Kind? {
    guard convolution.group == 1, !convolution.isPointwise, node.ints("pads")?.contains { $0 != 0 } != true,
      let map = node.inputs.first.flatMap(known), Array(map.dropFirst(2)) == convolution.kernel
    else { return nil }
    let values = map.dropFirst().reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    return .dense(.init(inputs: values, outputs: convolution.outputs))
  }

  private func dense(_ node: Node) -> NetworkBlock.Dense? {
    let constants = node.inputs.prefix(2).enumerated().filter { cellOf[$0.element] == nil }
    guard constants.count == 1, let (position, name) = constants.first.map({ ($0.offset, $0.element) }),
      let dims = known(name), dims.count >= 2
    else { return nil }
    let (rows, columns) = (dims[dims.count - 2], dims[dims.count - 1])
    let isTransposed = (node.int(position == 0 ? "transA" : "transB") ?? 0) != 0
    // From the left, a matrix of weights has its outputs in rows.
    return isTransposed != (position == 0)
      ? .init(inputs: columns, outputs: rows) : .init(inputs: rows, outputs: columns)
  }

  private func pool(_ kind: NetworkBlock.Pool.Kind, _ node: Node) -> NetworkBlock.Pool {
    guard let kernel = node.ints("kernel_shape") else { return .init(kind: kind, kernel: nil, strides: []) }
    let map = node.inputs.first.flatMap(known)?.dropFirst(2)
    let isGlobal = map.map { Array($0) == kernel } ?? false
    return .init(
      kind: kind, kernel: isGlobal ? nil : kernel, strides: node.ints("strides") ?? kernel.map { _ in 1 })
  }
}

extension Node {
  fileprivate func int(_ name: String) -> Int? {
    if case .int(let value)? = attributes[name] { Int(value) } else { nil }
  }

  fileprivate func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = attributes[name] { values.map { Int($0) } } else { nil }
  }
}
