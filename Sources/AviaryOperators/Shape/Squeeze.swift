import AviaryCore

/// The same elements without the axes of extent 1: those named by `axes`, or all of them.
///
/// ONNX `Squeeze`: `axes` is an attribute before opset 13 and an optional input since; negative since 11.
struct Squeeze: ViewOperator {
  static let id = OperatorID("Squeeze")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }

  private let axes: [Int]?
  private let axesAreInput: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axesAreInput = opset >= 13
    axes = axesAreInput ? nil : try attributes.ints("axes")
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    let list = try axesAreInput ? inputs.integerList(1) : axes
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    guard list != nil || !axesAreInput || inputs.at(1) == nil else {
      let shape = inputs.length(1).map { SymbolicShape.rank(dims.count - $0) } ?? .unknown
      return [ValueInfo(data.elementType, shape)]
    }
    guard let list else {
      // Which axes go is known only where every extent is.
      guard let known = data.shape.known else { return [ValueInfo(data.elementType, .unknown)] }
      return [ValueInfo(data.elementType, known.filter { $0 != 1 })]
    }
    let removed = try removed(list, rank: dims.count) { dims[$0].value ?? 1 }
    let kept = dims.indices.filter { !removed.contains($0) }.map { dims[$0] }
    return [ValueInfo(data.elementType, SymbolicShape(kept))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let dims = data.shape.dims
    let list = try axesAreInput ? context.integerList(1) : axes
    let kept: [Int]
    if let list {
      let removed = try removed(list, rank: dims.count) { dims[$0] }
      kept = dims.indices.filter { !removed.contains($0) }.map { dims[$0] }
    } else {
      kept = dims.filter { $0 != 1 }
    }
    context.set(0, try checked { () throws(TensorError) in try data.reshaped(to: Shape(kept)) })
  }

  private func removed(
    _ axes: [Int], rank: Int, extent: (Int) -> Int
  ) throws(OperatorError) -> Set<Int> {
    // Naming an axis twice says the same thing twice; other runtimes take it.
    var removed: Set<Int> = []
    for axis in axes { removed.insert(try normalizedAxis(axis, rank: rank, name: "axes")) }
    for axis in removed where extent(axis) != 1 {
      throw .invalid("axis \(axis) has extent \(extent(axis)) and cannot be squeezed")
    }
    return removed
  }
}
