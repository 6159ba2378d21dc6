import AviaryCore
import AviaryKernels

/// Pairs of a head's elements turned by an angle that grows with the position (arXiv:2104.09864):
/// (a, b) becomes (cos a - sin b, sin a + cos b).
///
/// Spec: RotaryEmbedding. Pairs are an element of the first half and one of the second, or neighbours where
/// `interleaved`; the first `rotary_embedding_dim` elements are turned. X is batch x heads x positions x size,
/// or batch x positions x hidden with `num_heads`. Caches have a row a position, or with `position_ids` a row
/// an id.
struct RotaryEmbedding: Operator {
  static let id = OperatorID("RotaryEmbedding")
  static let opsets = 23...Opset.latest

  private static let types: Set<ElementType> = [.float, .float16, .bfloat16]

  private let isInterleaved: Bool
  private let heads: Int
  private let turned: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isInterleaved = try attributes.bool("interleaved", default: false)
    heads = try attributes.int("num_heads", default: 0)
    turned = try attributes.int("rotary_embedding_dim", default: 0)
    guard heads >= 0, turned >= 0, turned % 2 == 0 else {
      throw ImportError(
        .invalidAttribute, "'num_heads' is \(heads), 'rotary_embedding_dim' \(turned): must not be negative, nor odd")
    }
  }

  /// The extents, from the shapes of X, a cache and the ids.
  private func geometry(_ x: [Int], cache: [Int], ids: [Int]?) throws(OperatorError) -> RotaryTurn {
    guard x.count == 3 || x.count == 4 else { throw .rank(x.count, input: 0, needs: "3 or 4") }
    let isFlat = x.count == 3
    if isFlat {
      guard heads > 0 else { throw .invalid("a 3-d input needs the attribute num_heads") }
      guard x[2] % heads == 0 else { throw .invalid("\(x[2]) elements do not divide into \(heads) heads") }
    }
    let (batch, positions) = (x[0], isFlat ? x[1] : x[2])
    let size = isFlat ? x[2] / heads : x[3]
    let turned = turned == 0 ? size : turned
    guard turned <= size, turned % 2 == 0 else {
      throw .invalid("\(turned) of a head's \(size) elements cannot be turned in pairs")
    }
    let needed = ids == nil ? [batch, positions, turned / 2] : [cache.first ?? 0, turned / 2]
    guard cache == needed else {
      throw .invalid("a cache has shape \(cache), needs \(ids == nil ? "\(needed)" : "positions x \(turned / 2)")")
    }
    if let ids, ids != [batch, positions] {
      throw .invalid("input 3 has shape \(ids), needs \([batch, positions])")
    }
    return RotaryTurn(
      batch: batch, heads: isFlat ? heads : x[1], positions: positions, size: size, turned: turned,
      isInterleaved: isInterleaved, headStep: isFlat ? size : positions * size,
      positionStep: isFlat ? x[2] : size)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try commonType(inputs, [0, 1, 2], Self.types)
    if inputs.at(3) != nil { _ = try checkedType(inputs, 3, [.int64]) }
    if let x = inputs[0].shape.known, let cos = inputs[1].shape.known, let sin = inputs[2].shape.known {
      guard let ids = inputs.at(3) else {
        _ = try geometry(x, cache: cos, ids: nil)
        _ = try geometry(x, cache: sin, ids: nil)
        return [ValueInfo(type, x)]
      }
      if let ids = ids.shape.known {
        _ = try geometry(x, cache: cos, ids: ids)
        _ = try geometry(x, cache: sin, ids: ids)
      }
    }
    return [ValueInfo(type, inputs[0].shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, _) = try context.typedInput(0, Self.types)
    let (cos, _) = try context.typedInput(1, [x.elementType])
    let (sin, _) = try context.typedInput(2, [x.elementType])
    let positions = try context.optionalInput(3)
    if let positions, positions.elementType != .int64 { throw .type(positions.elementType, input: 3) }
    let turn = try geometry(x.shape.dims, cache: cos.shape.dims, ids: positions?.shape.dims)
    _ = try geometry(x.shape.dims, cache: sin.shape.dims, ids: positions?.shape.dims)
    var ids: [Int]?
    if positions != nil {
      ids = try context.integers(3)
      let rows = min(cos.shape[0], sin.shape[0])
      if let wrong = ids?.first(where: { $0 < 0 || $0 >= rows }) {
        throw .invalid("position id \(wrong) is outside the caches' \(rows) rows")
      }
    }
    let (values, cosines) = (try context.elements(of: x, as: Float.self), try context.elements(of: cos, as: Float.self))
    let sines = try context.elements(of: sin, as: Float.self)
    try context.makeResult(0, x.elementType, x.shape.dims, as: Float.self) { y in
      guard let x = values.baseAddress, let y = y.baseAddress, let cos = cosines.baseAddress,
        let sin = sines.baseAddress
      else { return }
      turn.run(x, y, cos: cos, sin: sin, ids: ids, parallel: context.parallel)
    }
  }
}
