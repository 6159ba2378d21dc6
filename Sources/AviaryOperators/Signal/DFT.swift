import AviaryCore
import AviaryKernels

/// Y[k] = sum over n of X[n] e^(-2 pi i k n / N) along one axis; the inverse has the other sign and divides by
/// N. Complex numbers are the last axis: one part or two.
///
/// Spec: DFT. `axis` is an attribute in version 17 (default 1) and an input since 20 (default -2). A one-sided
/// transform takes a real signal and gives its first N / 2 + 1 results; its inverse takes these and gives the
/// real signal. `dft_length` cuts the signal or fills it up with zeros.
struct DFT: Operator {
  static let id = OperatorID("DFT")
  static let opsets = 17...Opset.latest

  private let isInverse: Bool
  private let isOneSided: Bool
  /// The attribute; since version 20 an input.
  private let axis: Int?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    isInverse = try attributes.bool("inverse", default: false)
    isOneSided = try attributes.bool("onesided", default: false)
    axis = opset < 20 ? try attributes.int("axis", default: 1) : nil
  }

  private var givesReal: Bool { isInverse && isOneSided }

  /// What an axis of a signal becomes, from the rank, its parts (1 or 2) and its extent.
  private struct Geometry {
    let axis: Int
    let length: Int
    let extent: Int
  }

  private func checkedAxis(_ axis: Int, rank: Int) throws(OperatorError) -> Int {
    guard rank >= 2 else { throw .rank(rank, input: 0, needs: "2 or more, the last axis for complex parts") }
    let normalized = try normalizedAxis(axis, rank: rank)
    guard normalized < rank - 1 else { throw .invalid("axis \(axis) holds the parts of complex numbers") }
    return normalized
  }

  private func checkedParts(_ parts: Int) throws(OperatorError) {
    guard parts == 1 || parts == 2 else {
      throw .invalid("the last axis of input 0 has extent \(parts), must hold 1 or 2 parts of a number")
    }
    if isOneSided, parts == (isInverse ? 1 : 2) {
      throw .invalid(
        isInverse ? "the inverse of a one-sided spectrum needs complex input" : "a one-sided transform needs real input")
    }
  }

  private func geometry(extent: Int, axis: Int, length: Int?) throws(OperatorError) -> Geometry {
    var points = extent
    if let length {
      points = length
    } else if givesReal {
      points = try product(2, extent - 1, "dft_length")
    }
    guard points >= 1 else { throw .invalid("a transform of \(points) points is not possible") }
    return Geometry(axis: axis, length: points, extent: isOneSided && !isInverse ? points / 2 + 1 : points)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, .reals)
    if inputs.at(1) != nil { _ = try checkedType(inputs, 1, [.int32, .int64]) }
    if axis == nil, inputs.at(2) != nil { _ = try checkedType(inputs, 2, [.int32, .int64]) }
    guard let dims = inputs[0].shape.dims else { return [ValueInfo(type, .unknown)] }
    var axis = self.axis
    if axis == nil { axis = inputs.at(2) == nil ? -2 : try inputs.at(2)?.tensor.map(readAxis) ?? nil }
    if let parts = dims.last?.value { try checkedParts(parts) }
    let parts = Extent.known(givesReal ? 1 : 2)
    guard let axis else {
      return [ValueInfo(type, SymbolicShape(dims.dropLast().map { _ in .unknown } + [parts]))]
    }
    let place = try checkedAxis(axis, rank: dims.count)
    var result = Array(dims)
    result[dims.count - 1] = parts
    result[place] = .unknown
    var length: Int?
    if inputs.at(1) != nil {
      guard let tensor = inputs.at(1)?.tensor else { return [ValueInfo(type, SymbolicShape(result))] }
      length = try integerScalar(tensor, input: 1)
    }
    // A length that is given decides alone.
    if let extent = length ?? dims[place].value {
      result[place] = .known(try geometry(extent: extent, axis: place, length: length).extent)
    }
    return [ValueInfo(type, SymbolicShape(result))]
  }

  private func readAxis(_ tensor: Tensor) throws(OperatorError) -> Int { try integerScalar(tensor, input: 2) }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, own) = try context.typedInput(0, .reals)
    // Numpy, whose rounding the suite expects, transforms back in the precision of the numbers.
    let compute = isInverse && !isOneSided ? own : .double
    let dims = x.shape.dims
    var axis = self.axis ?? -2
    if self.axis == nil, let tensor = try context.optionalInput(2) { axis = try readAxis(tensor) }
    let place = try checkedAxis(axis, rank: dims.count)
    let parts = dims[dims.count - 1]
    try checkedParts(parts)
    var length: Int?
    if let tensor = try context.optionalInput(1) { length = try integerScalar(tensor, input: 1) }
    let geometry = try geometry(extent: dims[place], axis: place, length: length)
    var result = dims
    result[place] = geometry.extent
    result[dims.count - 1] = givesReal ? 1 : 2
    let (outer, inner) = (x.shape.product(0..<place), x.shape.product(place + 1..<dims.count - 1))
    let from = SpectrumLines.Layout(outer: outer, inner: inner, extent: dims[place], parts: parts)
    let to = SpectrumLines.Layout(
      outer: outer, inner: inner, extent: geometry.extent, parts: result[dims.count - 1])
    let values = try context.address(of: x, in: compute)
    // The tables of a transform are as long as it is: checked against the budget like a tensor.
    _ = try context.scratch(product(4, geometry.length), of: Double.self)
    try context.makeResult(0, x.elementType, result, in: compute) { y in
      guard outer > 0, inner > 0 else { return }
      SpectrumLines(length: geometry.length, isInverse: isInverse, completes: givesReal).run(
        isDouble: compute == .double, values, from, y, to, parallel: context.parallel)
    }
  }
}
