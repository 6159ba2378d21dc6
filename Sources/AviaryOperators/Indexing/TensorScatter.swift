import AviaryCore
import AviaryKernels

/// A copy of a cache in which `update` takes the places from `write_indices[batch]` on along the sequence
/// axis, in `circular` mode starting again at the front.
///
/// ONNX `TensorScatter`, all versions.
struct TensorScatter: Operator {
  static let id = OperatorID("TensorScatter")
  static let opsets = 24...Opset.latest

  private let axis: Int
  private let isCircular: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    axis = try attributes.int("axis", default: -2)
    isCircular =
      try attributes.string("mode", default: "linear", among: ["linear", "circular"]) == "circular"
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let cache = try inputs.required(0)
    return [ValueInfo(cache.elementType, cache.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (cache, update) = (try context.input(0), try context.input(1))
    let axis = try normalizedAxis(axis, rank: cache.shape.rank)
    guard axis > 0, update.shape.rank == cache.shape.rank else {
      throw .invalid("an update of shape \(update.shape) for a cache of shape \(cache.shape)")
    }
    let (most, steps) = (cache.shape[axis], update.shape[axis])
    for k in 0..<cache.shape.rank where k != axis && cache.shape[k] != update.shape[k] {
      throw .invalid("an update of shape \(update.shape) for a cache of shape \(cache.shape)")
    }
    let starts = try context.integerList(2) ?? [Int](repeating: 0, count: cache.shape[0])
    guard starts.count == cache.shape[0], steps <= most, starts.allSatisfy({ $0 >= 0 && $0 <= most }),
      isCircular || starts.allSatisfy({ $0 + steps <= most })
    else { throw .invalid("write_indices \(starts) do not fit \(steps) steps into \(most)") }
    let perBatch = cache.shape.product(1..<axis)
    let block = cache.shape.product((axis + 1)..<cache.shape.rank)
    var positions: [Int] = []
    for outer in 0..<(cache.shape[0] * perBatch) {
      let start = starts[outer / max(perBatch, 1)]
      for step in 0..<steps { positions.append((outer * most + (start + step) % most) * block) }
    }
    try scatter(context, cache, update, positions, block, .none)
  }
}
