import AviaryCore
import AviaryKernels

/// Y = (X - mean) / (sqrt(variance) + 1e-9), statistics over `axes`.
///
/// Spec: MeanVarianceNormalization. Version 1 has `across_channels` and `normalize_variance` in place of `axes`;
/// 9 and 13 differ in element types. The small number is the one in the specification's function.
struct MeanVarianceNormalization: Operator {
  static let id = OperatorID("MeanVarianceNormalization")
  static let opsets = 1...Opset.latest

  private let axes: [Int]
  private let scalesVariance: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 9 {
      axes = try attributes.bool("across_channels", default: false) ? [0, 1, 2, 3] : [0, 2, 3]
      scalesVariance = try attributes.bool("normalize_variance", default: true)
    } else {
      axes = try attributes.ints("axes") ?? [0, 2, 3]
      scalesVariance = true
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    if let rank = inputs[0].rank { _ = try normalizedAxes(axes, rank: rank) }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, compute) = try context.typedInput(0, .reals)
    let reduced = Set(try normalizedAxes(axes, rank: x.shape.rank))
    let input = try context.address(of: x, in: compute)
    let dims = x.shape.dims
    let strides = x.shape.strides
    // Every group is reached from its first element by the same steps.
    func places(_ axes: [Int]) throws(OperatorError) -> UnsafeMutableBufferPointer<Int64> {
      var count = 1
      for axis in axes { count = try product(count, dims[axis]) }
      let places = try context.scratch(count, of: Int64.self)
      var size = 1
      if count > 0 { places[0] = 0 }
      for axis in axes where count > 0 {
        for step in 1..<max(1, dims[axis]) {
          for i in 0..<size { places[step * size + i] = places[i] + Int64(step * strides[axis]) }
        }
        size *= dims[axis]
      }
      return places
    }
    let members = try places(dims.indices.filter { reduced.contains($0) })
    let groups = try places(dims.indices.filter { !reduced.contains($0) })
    try context.makeResult(0, x.elementType, dims, in: compute) { output throws(OperatorError) in
      ScatteredNormalize.run(
        isDouble: compute == .double, x: input, y: output, members: UnsafeBufferPointer(members),
        groups: UnsafeBufferPointer(groups), epsilon: 1e-9, scales: scalesVariance, parallel: context.parallel)
    }
  }
}
