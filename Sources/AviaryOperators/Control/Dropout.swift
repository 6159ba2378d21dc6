import AviaryCore
import AviaryKernels

/// The input itself, unless in training mode: then each element is kept with probability `1 - ratio` and
/// scaled by `1 / (1 - ratio)`, or set to 0. The optional second output tells which were kept.
///
/// ONNX `Dropout`: `is_test` says whether to drop in opsets 1 and 6, nothing drops in 7 and 10, and since 12
/// the input `training_mode` says so and `ratio` is an input. The mask is `bool` since 10, the data's type
/// before. Without `seed` a fixed one is used, so that runs repeat;
/// the draws are those of the specification's reference.
struct Dropout: ViewOperator {
  static let id = OperatorID("Dropout")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }
  // A draw with the same seed is the same draw, but folding it would freeze what should be random.
  var isDeterministic: Bool { !mayTrain }

  private let opset: Int
  private let ratio: Float
  private let isTest: Bool
  private let seed: UInt32

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    self.opset = opset
    if opset < 6 { attributes.ignore("consumed_inputs") }
    ratio = opset < 12 ? try attributes.float("ratio", default: 0.5) : 0.5
    isTest = opset < 7 ? try attributes.bool("is_test", default: false) : true
    seed = opset < 12 ? 0 : UInt32(truncatingIfNeeded: try attributes.int("seed", default: 0))
  }

  private var mayTrain: Bool { opset >= 12 || !isTest }

  private func maskType(_ data: ElementType?) -> ElementType? { opset < 10 ? data : .bool }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    return [ValueInfo(data.elementType, data.shape), ValueInfo(maskType(data.elementType), data.shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    guard data.elementType.isFloatingPoint else { throw .type(data.elementType, input: 0) }
    let ratio = try ratio(context)
    let drops = try isTraining(context) && ratio != 0
    var keep: [Bool]?
    if drops {
      var generator = MersenneTwister(seed: seed)
      keep = (0..<data.count).map { _ in generator.uniform() >= ratio }
    }
    if let keep {
      try context.set(0, scaled(data, keep, by: 1 / (1 - ratio)))
    } else {
      context.set(0, data)
    }
    if context.wants(1) { try setMask(context, data, keep) }
  }

  private func isTraining(_ context: RunContext) throws(OperatorError) -> Bool {
    guard opset >= 12 else { return !isTest }
    guard let mode = try context.optionalInput(2) else { return false }
    return try integerScalar(mode, input: 2) != 0
  }

  private func ratio(_ context: RunContext) throws(OperatorError) -> Double {
    var ratio = Double(self.ratio)
    if opset >= 12, let tensor = try context.optionalInput(1) {
      guard tensor.count == 1 else { throw .invalid("ratio holds \(tensor.count) values, needs one") }
      ratio = try scalarValue(tensor, input: 1)
    }
    guard ratio >= 0, ratio < 1 else { throw .invalid("ratio \(ratio) is outside 0 ..< 1") }
    return ratio
  }

  private func scaled(_ data: Tensor, _ keep: [Bool], by scale: Double) throws(OperatorError) -> Tensor {
    do {
      switch data.elementType {
      case .float:
        return try Tensor(
          zip(data.array(of: Float.self), keep).map { $1 ? $0 * Float(scale) : 0 }, shape: data.shape)
      case .double:
        return try Tensor(
          zip(data.array(of: Double.self), keep).map { $1 ? $0 * scale : 0 }, shape: data.shape)
      case .float16:
        return try Tensor(
          zip(data.array(of: Float16.self), keep).map { $1 ? Float16(Float($0) * Float(scale)) : 0 },
          shape: data.shape)
      case .bfloat16:
        return try Tensor(
          zip(data.array(of: BFloat16.self), keep).map {
            $1 ? BFloat16(Float($0) * Float(scale)) : BFloat16(0)
          },
          shape: data.shape)
      default: throw OperatorError.unsupported("training mode for \(data.elementType.name)")
      }
    } catch let error as OperatorError {
      throw error
    } catch { throw .invalid("\(error)") }
  }

  private func setMask(_ context: RunContext, _ data: Tensor, _ keep: [Bool]?) throws(OperatorError) {
    let dims = data.shape.dims
    let kept = { (index: Int) in keep?[index] ?? true }
    switch maskType(data.elementType) {
    case .bool:
      let mask = try context.make(1, dims, as: Bool.self)
      for i in 0..<data.count { mask[i] = kept(i) }
    case .float:
      let mask = try context.make(1, dims, as: Float.self)
      for i in 0..<data.count { mask[i] = kept(i) ? 1 : 0 }
    case .double:
      let mask = try context.make(1, dims, as: Double.self)
      for i in 0..<data.count { mask[i] = kept(i) ? 1 : 0 }
    case .float16:
      let mask = try context.make(1, dims, as: Float16.self)
      for i in 0..<data.count { mask[i] = kept(i) ? 1 : 0 }
    default: throw .type(data.elementType, input: 0)
    }
  }
}
