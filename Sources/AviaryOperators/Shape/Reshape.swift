import AviaryCore

/// `reshaped[i] = data[i]` in row-major order, under another shape. A target extent of -1 takes what is left
/// over; one of 0 copies the input's extent at that axis (or is an empty axis with `allowzero`).
///
/// ONNX `Reshape`: opset 1 has the shape as attribute, 5 as input, 14 adds `allowzero`.
struct Reshape: ViewOperator {
  static let id = OperatorID("Reshape")
  static let opsets = 1...Opset.latest
  var viewedInput: Int { 0 }

  /// The target where it is an attribute.
  private let shape: [Int]?
  private let allowZero: Bool

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    if opset < 5 {
      attributes.ignore("consumed_inputs")
      shape = try attributes.ints("shape").required("shape")
    } else {
      shape = nil
    }
    allowZero = opset < 14 ? false : try attributes.bool("allowzero", default: false)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let data = try inputs.required(0)
    if shape == nil { _ = try inputs.required(1) }
    guard let target = try shape.or(inputs.integerList(1)) else {
      return [ValueInfo(data.elementType, inputs.length(1).map(SymbolicShape.rank) ?? .unknown)]
    }
    if let known = data.shape.known {
      return [ValueInfo(data.elementType, try dims(target, of: known))]
    }
    return [ValueInfo(data.elementType, SymbolicShape(try symbolic(target, of: data.shape.dims)))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let target: [Int]
    if let shape { target = shape } else { target = try context.requiredIntegerList(1) }
    let dims = try dims(target, of: data.shape.dims)
    context.set(0, try checked { () throws(TensorError) in try data.reshaped(to: Shape(dims)) })
  }

  /// The extents that `target` means for an input of known shape.
  private func dims(_ target: [Int], of input: [Int]) throws(OperatorError) -> [Int] {
    let count = try checked { () throws(TensorError) in try Shape(input) }.count
    let misfit = OperatorError.invalid("shape \(input) does not fit the target shape \(target)")
    var dims = target
    var open: Int?
    var fixed = 1
    // What -1 takes is counted without the copied axes, so that it is determined where one of them is empty.
    var uncopied = input
    for (axis, extent) in target.enumerated() {
      switch extent {
      case -1:
        guard open == nil else { throw .invalid("the target shape \(target) holds -1 twice") }
        open = axis
      case 0 where !allowZero:
        guard axis < input.count else {
          throw .invalid("the target shape \(target) copies axis \(axis) of an input of rank \(input.count)")
        }
        dims[axis] = input[axis]
        uncopied[axis] = 1
      case ..<0: throw .invalid("the target shape \(target) holds \(extent)")
      default: fixed = try product(fixed, extent)
      }
    }
    if let open {
      guard fixed > 0 else {
        throw .invalid("the target shape \(target) holds both 0 and -1, which leaves -1 undetermined")
      }
      let rest = uncopied.reduce(1, *)
      guard rest % fixed == 0 else { throw misfit }
      dims[open] = rest / fixed
    }
    guard try checked({ () throws(TensorError) in try Shape(dims) }).count == count else { throw misfit }
    return dims
  }

  /// The extents as far as they follow where some of the input's are not known: extents that 0 copies stay
  /// symbols, and -1 is known (or one symbol) when the others cancel out.
  private func symbolic(_ target: [Int], of input: [Extent]?) throws(OperatorError) -> [Extent] {
    guard target.count(where: { $0 == -1 }) <= 1 else {
      throw .invalid("the target shape \(target) holds -1 twice")
    }
    var result: [Extent] = []
    var copied: Set<Int> = []
    var output: Extent = 1
    for (axis, extent) in target.enumerated() {
      switch extent {
      case -1: result.append(.unknown)
      case 0 where !allowZero:
        if let input, axis >= input.count {
          throw .invalid("the target shape \(target) copies axis \(axis) of an input of rank \(input.count)")
        }
        result.append(input?[axis] ?? .unknown)
        copied.insert(axis)
      case ..<0: throw .invalid("the target shape \(target) holds \(extent)")
      default:
        result.append(.known(extent))
        output = output * .known(extent)
      }
    }
    guard let open = target.firstIndex(of: -1), let input, let fixed = output.value, fixed > 0 else {
      return result
    }
    let rest = input.indices.filter { !copied.contains($0) }.map { input[$0] }
    let symbols = rest.filter { $0.value == nil }
    guard let known = rest.filter({ $0.value != nil }).product.value else { return result }
    if symbols.isEmpty, known % fixed == 0 {
      result[open] = .known(known / fixed)
    } else if symbols.count == 1, known == fixed {
      result[open] = symbols[0]
    }
    return result
  }
}
