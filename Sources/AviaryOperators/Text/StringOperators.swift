import AviaryCore

/// `X + Y`, string by string, with broadcasting.
///
/// ONNX `StringConcat`, all versions.
struct StringConcat: Operator {
  static let id = OperatorID("StringConcat")
  static let opsets = 20...Opset.latest

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let (x, y) = (try inputs.required(0), try inputs.required(1))
    guard let a = x.shape.known, let b = y.shape.known else {
      let rank = x.rank.flatMap { a in y.rank.map { SymbolicShape.rank(max(a, $0)) } }
      return [ValueInfo(.string, rank ?? .unknown)]
    }
    return [ValueInfo(.string, try broadcast(a, b))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let (x, y) = (try context.input(0), try context.input(1))
    let a = try checked { () throws(TensorError) in try x.strings() }
    let b = try checked { () throws(TensorError) in try y.strings() }
    let dims = try broadcast(x.shape.dims, y.shape.dims)
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    guard shape.count <= context.limits.tensorBytes / 16 else {
      throw .resource("\(shape.count) strings are beyond the tensor memory limit")
    }
    let (left, right) = (strides(x.shape, rank: dims.count), strides(y.shape, rank: dims.count))
    let places = shape.strides
    let joined = (0..<shape.count).map { index in
      var (i, j) = (0, 0)
      for axis in dims.indices {
        let coordinate = index / places[axis] % dims[axis]
        i += coordinate * left[axis]
        j += coordinate * right[axis]
      }
      return a[i] + b[j]
    }
    context.set(0, try checked { () throws(TensorError) in try Tensor(strings: joined, shape: shape) })
  }

  /// Strides of the trailing axes of a broadcast shape, 0 where this operand repeats.
  private func strides(_ shape: Shape, rank: Int) -> [Int] {
    let own = zip(shape.dims, shape.strides).map { $0 == 1 ? 0 : $1 }
    return [Int](repeating: 0, count: rank - shape.rank) + own
  }

  private func broadcast(_ a: [Int], _ b: [Int]) throws(OperatorError) -> [Int] {
    let rank = max(a.count, b.count)
    let (x, y) = (
      [Int](repeating: 1, count: rank - a.count) + a, [Int](repeating: 1, count: rank - b.count) + b
    )
    var result: [Int] = []
    for (p, q) in zip(x, y) {
      guard p == q || p == 1 || q == 1 else { throw .invalid("shapes \(a) and \(b) do not broadcast") }
      result.append(p == 1 ? q : p)
    }
    return result
  }
}

/// Each string cut at a delimiter (at runs of white space without one) into a new last axis, padded with
/// empty strings, and the number of its parts.
///
/// ONNX `StringSplit`, all versions; at most `maxsplit` cuts.
struct StringSplit: Operator {
  static let id = OperatorID("StringSplit")
  static let opsets = 20...Opset.latest

  private let delimiter: String
  private let most: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    delimiter = try attributes.string("delimiter", default: "")
    let given = try attributes.int("maxsplit")
    most = given.map { $0 < 0 ? .max : $0 } ?? .max
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let shape = try inputs.required(0).shape
    return [ValueInfo(.string, SymbolicShape(shape.dims.map { $0 + [.unknown] })), ValueInfo(.int64, shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    let parts = try checked { () throws(TensorError) in try data.strings() }.map(split)
    let widest = parts.map(\.count).max() ?? 0
    let dims = data.shape.dims + [widest]
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    guard shape.count <= context.limits.tensorBytes / 16 else {
      throw .resource("\(shape.count) strings are beyond the tensor memory limit")
    }
    let padded = parts.flatMap { $0 + [String](repeating: "", count: widest - $0.count) }
    context.set(0, try checked { () throws(TensorError) in try Tensor(strings: padded, shape: shape) })
    let counts = try context.make(1, data.shape.dims, as: Int64.self)
    for (i, part) in parts.enumerated() { counts[i] = Int64(part.count) }
  }

  private func split(_ string: String) -> [String] {
    if delimiter.isEmpty {
      // The rest after the last cut keeps its trailing white space, as in Python.
      var parts: [String] = []
      var rest = string.drop { $0.isWhitespace }
      while !rest.isEmpty {
        if parts.count == most {
          parts.append(String(rest))
          break
        }
        let word = rest.prefix { !$0.isWhitespace }
        parts.append(String(word))
        rest = rest[word.endIndex...].drop { $0.isWhitespace }
      }
      return parts
    }
    var parts: [String] = []
    var rest = Substring(string)
    while parts.count < most, let cut = rest.firstRange(of: delimiter) {
      parts.append(String(rest[..<cut.lowerBound]))
      rest = rest[cut.upperBound...]
    }
    return parts + [String(rest)]
  }
}
