import AviaryCore
import AviaryKernels

/// The elements that `Y` names, along the last axis: `Z[..., k] = X[..., Y[k]]`.
///
/// ONNX-ML `ArrayFeatureExtractor`, all versions. Of a vector the result is one row, as in ONNX Runtime.
struct ArrayFeatureExtractor: Operator {
  static let id = MLDomain.id("ArrayFeatureExtractor")
  static let opsets = 1...MLDomain.latest

  private static let types: Set<ElementType> = [.float, .double, .int64, .int32, .string]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {}

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, Self.types)
    _ = try checkedType(inputs, 1, [.int64])
    guard let dims = try inputs.required(0).shape.dims, let last = dims.last else {
      return [ValueInfo(type, .unknown)]
    }
    _ = last
    let count = try inputs.required(1).shape.dims.map { $0.product } ?? .unknown
    return [ValueInfo(type, SymbolicShape((dims.count == 1 ? [1] : Array(dims.dropLast())) + [count]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let data = try context.input(0)
    guard Self.types.contains(data.elementType) else { throw .type(data.elementType, input: 0) }
    guard let extent = data.shape.dims.last else { throw .rank(0, input: 0, needs: "1 or more") }
    let indices = try context.integers(1)
    guard !indices.isEmpty else { throw .invalid("no feature is named") }
    for index in indices where index < 0 || index >= extent {
      throw .invalid("feature \(index) is outside 0...\(extent - 1)")
    }
    let outer = data.shape.dims.count == 1 ? [1] : Array(data.shape.dims.dropLast())
    let dims = outer + [indices.count]
    var mover = CellMover(context, data.elementType)
    let from = try mover.source(data)
    let to = try mover.destination(0, dims)
    gatherBlocks(
      from: from.address, to: to, outer: outer.reduce(1, *), extent: extent, indices: indices,
      blockBytes: mover.width, parallel: context.parallel)
    try mover.finish(0, dims, to)
  }
}

/// 1 where `X > threshold`, 0 elsewhere.
///
/// ONNX-ML `Binarizer`, all versions.
struct Binarizer: Operator {
  static let id = MLDomain.id("Binarizer")
  static let opsets = 1...MLDomain.latest

  private let threshold: Double

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    threshold = Double(try attributes.float("threshold", default: 0))
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(try checkedType(inputs, 0, .features), try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    func body<T: Element & Comparable & Numeric>(_ limit: T) throws(OperatorError) {
      let x = try context.elements(0, as: T.self)
      let y = try context.make(0, try context.input(0).shape.dims, as: T.self)
      for i in x.indices { y[i] = x[i] > limit ? 1 : 0 }
    }
    switch try context.input(0).elementType {
    case .float: try body(Float(threshold))
    case .double: try body(threshold)
    // An integer is above 0.5 where it is above 0.
    case .int64: try body(Int64(clamping: saturated(threshold.rounded(.down), to: Int.self)))
    case .int32: try body(saturated(threshold.rounded(.down), to: Int32.self))
    case let other: throw .type(other, input: 0)
    }
  }
}

/// `(X - offset) * scale`, with one number for all features or one each.
///
/// ONNX-ML `Scaler`, all versions; computed in single precision, in double for doubles.
struct Scaler: Operator {
  static let id = MLDomain.id("Scaler")
  static let opsets = 1...MLDomain.latest

  private let offset: [Float]
  private let scale: [Float]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    let (offset, scale) = (try attributes.floats("offset") ?? [], try attributes.floats("scale") ?? [])
    self.offset = offset.isEmpty ? [0] : offset
    self.scale = scale.isEmpty ? [1] : scale
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, .features)
    return [ValueInfo(.float, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let tensor = try context.input(0)
    guard Set<ElementType>.features.contains(tensor.elementType) else { throw .type(tensor.elementType, input: 0) }
    let columns = tensor.shape.dims.last ?? 1
    guard offset.count == 1 || offset.count == columns, scale.count == 1 || scale.count == columns else {
      throw .invalid("\(offset.count) offsets and \(scale.count) scales for \(columns) features")
    }
    let result = try context.make(0, tensor.shape.dims, as: Float.self)
    if tensor.elementType == .double {
      let x = try context.elements(of: tensor, as: Double.self)
      for i in x.indices {
        let (a, b) = (offset[offset.count == 1 ? 0 : i % columns], scale[scale.count == 1 ? 0 : i % columns])
        result[i] = Float((x[i] - Double(a)) * Double(b))
      }
      return
    }
    let x = try context.elements(of: tensor, as: Float.self)
    for i in x.indices {
      let (a, b) = (offset[offset.count == 1 ? 0 : i % columns], scale[scale.count == 1 ? 0 : i % columns])
      result[i] = (x[i] - a) * b
    }
  }
}

/// Rows divided by their norm: the largest magnitude (`MAX`), the sum of magnitudes (`L1`) or the Euclidean
/// length (`L2`). A row of zeros stays as it is.
///
/// ONNX-ML `Normalizer`, all versions.
struct Normalizer: Operator {
  static let id = MLDomain.id("Normalizer")
  static let opsets = 1...MLDomain.latest

  private let norm: String

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    norm = try attributes.string("norm", default: "MAX", among: ["MAX", "L1", "L2"])
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try inputs.featureRowExtent()
    return [ValueInfo(.float, try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let tensor = try context.input(0)
    let (rows, x) = try context.features(as: Float.self, columns: 0, allowsMore: true)
    guard tensor.elementType != .float16 else { throw .type(.float16, input: 0) }
    let y = try context.make(0, tensor.shape.dims, as: Float.self)
    for row in 0..<rows.rows {
      let first = row * rows.columns
      var total: Float = 0
      for i in first..<first + rows.columns {
        switch norm {
        case "MAX": total = max(total, abs(x[i]))
        case "L1": total += abs(x[i])
        default: total += x[i] * x[i]
        }
      }
      let divisor = norm == "L2" ? total.squareRoot() : total
      for i in first..<first + rows.columns { y[i] = divisor == 0 ? x[i] : x[i] / divisor }
    }
  }
}

/// Values that mean "missing" replaced, column by column or everywhere.
///
/// ONNX-ML `Imputer`, all versions. `NaN` as the value to replace matches every NaN.
struct Imputer: Operator {
  static let id = MLDomain.id("Imputer")
  static let opsets = 1...MLDomain.latest

  private let floats: [Float]
  private let integers: [Int]
  private let replacedFloat: Float
  private let replacedInteger: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    floats = try attributes.floats("imputed_value_floats") ?? []
    integers = try attributes.ints("imputed_value_int64s") ?? []
    replacedFloat = try attributes.float("replaced_value_float", default: 0)
    replacedInteger = try attributes.int("replaced_value_int64", default: 0)
    guard floats.isEmpty != integers.isEmpty else {
      throw ImportError(
        .invalidAttribute, "one of imputed_value_floats and imputed_value_int64s is needed, and not both")
    }
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(try checkedType(inputs, 0, .features), try inputs.required(0).shape)]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    func body<T: Element & Equatable>(_ values: [T], _ isReplaced: (T) -> Bool) throws(OperatorError) {
      let shape = try context.input(0).shape
      guard !values.isEmpty else { throw .invalid("the imputed values are of another type than the input") }
      let columns = shape.dims.last ?? 1
      guard values.count == 1 || values.count == columns else {
        throw .invalid("\(values.count) imputed values for \(columns) features")
      }
      let x = try context.elements(0, as: T.self)
      let y = try context.make(0, shape.dims, as: T.self)
      for i in x.indices { y[i] = isReplaced(x[i]) ? values[values.count == 1 ? 0 : i % columns] : x[i] }
    }
    switch try context.input(0).elementType {
    case .float:
      try body(floats) { $0 == replacedFloat || ($0.isNaN && replacedFloat.isNaN) }
    case .double:
      try body(floats.map { Double($0) }) {
        $0 == Double(replacedFloat) || ($0.isNaN && replacedFloat.isNaN)
      }
    case .int64: try body(integers.map { Int64($0) }) { Int($0) == replacedInteger }
    case .int32: try body(integers.map { Int32(clamping: $0) }) { Int($0) == replacedInteger }
    case let other: throw .type(other, input: 0)
    }
  }
}

/// The columns of all inputs side by side, as floats; input `k` gives `inputdimensions[k]` of them, zeros where
/// it has fewer.
///
/// ONNX-ML `FeatureVectorizer`, all versions. A vector is one column, as in ONNX's reference; in ONNX Runtime
/// it is one row.
struct FeatureVectorizer: Operator {
  static let id = MLDomain.id("FeatureVectorizer")
  static let opsets = 1...MLDomain.latest

  private let widths: [Int]

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    widths = try attributes.ints("inputdimensions").required("inputdimensions")
    guard widths.allSatisfy({ $0 >= 0 }) else {
      throw ImportError(.invalidAttribute, "inputdimensions holds a negative number")
    }
  }

  private func total() throws(OperatorError) -> Int {
    var total = 0
    for width in widths { total = try sum(total, width) }
    return total
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    _ = try checkedType(inputs, 0, .features)
    guard inputs.count == widths.count else {
      throw .invalid("\(inputs.count) inputs, inputdimensions has \(widths.count)")
    }
    let shape = try inputs.required(0).shape
    let rows: Extent = shape.rank == nil ? .unknown : shape.rank == 0 ? 1 : shape[0]
    return [ValueInfo(.float, SymbolicShape([rows, .known(try total())]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard context.inputs.count == widths.count, !widths.isEmpty else {
      throw .invalid("\(context.inputs.count) inputs, inputdimensions has \(widths.count)")
    }
    let all = try total()
    let rows = try context.input(0).shape.dims.first ?? 1
    let result = try context.make(0, [rows, all], as: Float.self)
    result.update(repeating: 0)
    var first = 0
    for (index, width) in widths.enumerated() {
      let tensor = try context.input(index)
      guard Set<ElementType>.features.contains(tensor.elementType) else {
        throw .type(tensor.elementType, input: index)
      }
      let dims = tensor.shape.dims
      guard dims.count == 1 || dims.count == 2, dims[0] == rows else {
        throw .invalid("input \(index) has shape \(tensor.shape), needs \(rows) rows")
      }
      let columns = dims.count == 1 ? 1 : dims[1]
      let x = try context.elements(of: tensor, as: Float.self)
      for row in 0..<rows {
        for column in 0..<min(width, columns) { result[row * all + first + column] = x[row * columns + column] }
      }
      first += width
    }
  }
}
