import AviaryCore

/// The same elements with axes of extent 1 inserted, so that they stand at `axes` of the result.
///
/// ONNX `Unsqueeze`: `axes` is an attribute before opset 13 and an input since; negative since 11.
struct Unsqueeze: ViewOperator {
  static let id = OperatorID("Unsqueeze")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }

  private let axes: [Int]?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axes = opset < 13 ? try attributes.ints("axes").required("axes") : nil
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if axes == nil { _ = try inputs.required(1) }
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .unknown)] }
    guard let list = try axes.or(inputs.integerList(1)) else {
      let shape = inputs.length(1).map { SymbolicShape.rank(dims.count + $0) } ?? .unknown
      return [ValueInfo(data.elementType, shape)]
    }
    return [ValueInfo(data.elementType, SymbolicShape(try inserted(list, into: dims, one: 1)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let list: [Int]
    if let axes { list = axes } else { list = try context.requiredIntegerList(1) }
    let dims = try inserted(list, into: data.shape.dims, one: 1)
    context.set(0, try checked { () throws(TensorError) in try data.reshaped(to: Shape(dims)) })
  }

  private func inserted<D>(_ axes: [Int], into dims: [D], one: D) throws(OperatorError) -> [D] {
    let rank = dims.count + axes.count
    let positions = Set(try normalizedAxes(axes, rank: rank))
    var result: [D] = []
    var rest = dims.makeIterator()
    for axis in 0..<rank {
      if positions.contains(axis) {
        result.append(one)
      } else if let dim = rest.next() {
        result.append(dim)
      }
    }
    return result
  }
}
