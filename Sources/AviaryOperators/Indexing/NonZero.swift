import AviaryCore
import AviaryKernels

/// The coordinates of the elements that are not zero (`true`, not empty), in row-major order: `[rank,
/// count]`.
///
/// ONNX `NonZero`, all versions; a scalar gives `[0, count]`.
struct NonZero: Operator {
  static let id = OperatorID("NonZero")
  static let opsets = 9...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let rank = try inputs.required(0).rank
    return [ValueInfo(.int64, SymbolicShape([rank.map { .known($0) } ?? .unknown, .unknown]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let flags = try nonZeroFlags(data)
    let positions = flags.indices.filter { flags[$0] }
    let rank = data.shape.rank
    let output = try context.make(0, [rank, positions.count], as: Int64.self)
    let strides = data.shape.strides
    for axis in 0..<rank {
      for (i, position) in positions.enumerated() {
        output[axis * positions.count + i] = Int64(position / strides[axis] % data.shape[axis])
      }
    }
  }

  private func nonZeroFlags(_ data: Tensor) throws(OperatorError) -> [Bool] {
    if data.elementType == .string {
      return try checked { () throws(TensorError) in try data.strings() }.map { !$0.isEmpty }
    }
    guard let keys = orderKeys(data) else { throw .type(data.elementType, input: 0) }
    // Zero has the key 0 in every type but uint64, whose keys are shifted.
    let zero: Int64 = data.elementType == .uint64 ? .min : 0
    return keys.map { $0 != zero }
  }
}
