import AviaryCore

/// A matrix of the same elements: extents before `axis` make the rows, the rest the columns.
///
/// ONNX `Flatten`: opset 11 allows a negative `axis`; `axis` may equal the rank in every version.
struct Flatten: ViewOperator {
  static let id = OperatorID("Flatten")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }

  private let axis: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: 1)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    guard let dims = data.shape.dims else { return [ValueInfo(data.elementType, .rank(2))] }
    let split = try split(rank: dims.count)
    let shape = SymbolicShape([Array(dims[..<split]).product, Array(dims[split...]).product])
    return [ValueInfo(data.elementType, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let split = try split(rank: data.shape.rank)
    let rows = data.shape.product(0..<split)
    let columns = data.shape.product(split..<data.shape.rank)
    context.set(0, try checked { () throws(TensorError) in try data.reshaped(to: Shape([rows, columns])) })
  }

  private func split(rank: Int) throws(OperatorError) -> Int {
    guard axis >= -rank, axis <= rank else {
      throw .invalid("axis \(axis) is outside -\(rank)...\(rank) for rank \(rank)")
    }
    return axis < 0 ? axis + rank : axis
  }
}
