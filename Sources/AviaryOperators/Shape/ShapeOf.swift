import AviaryCore

/// The extents of the input's axes `start ..< end`, as int64.
///
/// ONNX `Shape`: opset 15 adds `start` and `end`, which count from the back where negative and are clamped.
struct ShapeOf: Operator {
  static let id = OperatorID("Shape")
  static let opsets = 1...Opset.latest

  private let start: Int
  private let end: Int?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    start = opset < 15 ? 0 : try attributes.int("start", default: 0)
    end = opset < 15 ? nil : try attributes.int("end")
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(.int64, .rank(1))] }
    let part = Array(dims[axes(rank: dims.count)])
    // The content is known without the input's: this is what folds shape subgraphs.
    if let known = SymbolicShape(part).known {
      return [ValueInfo(constant: .tensor(try tensor(known)))]
    }
    return [ValueInfo(.int64, [part.count])]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let dims = try context.input(0).shape.dims
    context.set(0, try tensor(Array(dims[axes(rank: dims.count)])))
  }

  private func tensor(_ dims: [Int]) throws(OperatorError) -> Tensor {
    try checked { () throws(TensorError) in try Tensor(dims.map { Int64($0) }) }
  }

  private func axes(rank: Int) -> Range<Int> {
    func clamped(_ axis: Int) -> Int { min(max(axis < 0 ? axis + rank : axis, 0), rank) }
    let start = clamped(start)
    return start..<max(start, clamped(end ?? rank))
  }
}
