import AviaryCore
import AviaryKernels

/// The types that the classical models take features in.
extension Set<ElementType> {
  static let features: Set = [.float, .double, .int64, .int32]
}

/// Rows of features: `[N, C]`, or `[C]` for one row.
struct FeatureRows {
  let rows: Int
  let columns: Int

  /// - Throws: `OperatorError.rank` for other ranks.
  init(_ dims: [Int]) throws(OperatorError) {
    switch dims.count {
    case 1: (rows, columns) = (1, dims[0])
    case 2: (rows, columns) = (dims[0], dims[1])
    default: throw .rank(dims.count, input: 0, needs: "1 or 2")
    }
  }
}

extension [ValueInfo] {
  /// The number of rows of the features that are the first input.
  ///
  /// - Throws: `OperatorError` for other types and ranks than the classical models take.
  func featureRowExtent(_ allowed: Set<ElementType> = .features) throws(OperatorError) -> Extent {
    _ = try checkedType(self, 0, allowed)
    let shape = try required(0).shape
    guard let rank = shape.rank else { return .unknown }
    guard rank == 1 || rank == 2 else { throw .rank(rank, input: 0, needs: "1 or 2") }
    return rank == 1 ? 1 : shape[0]
  }
}

extension RunContext {
  /// The features of the first input, converted where they are of another type.
  ///
  /// - Parameter columns: what the model needs; more are refused too, unless `allowsMore`.
  func features<T: ComputeElement>(
    as type: T.Type, columns: Int, allowsMore: Bool = false
  ) throws(OperatorError) -> (rows: FeatureRows, values: UnsafePointer<T>) {
    let tensor = try input(0)
    guard Set<ElementType>.features.contains(tensor.elementType) || tensor.elementType == .float16 else {
      throw .type(tensor.elementType, input: 0)
    }
    let rows = try FeatureRows(tensor.shape.dims)
    guard rows.columns == columns || (allowsMore && rows.columns > columns) else {
      throw .invalid("the input has \(rows.columns) features, the model needs \(columns)")
    }
    guard let base = try elements(of: tensor, as: T.self).baseAddress else {
      throw .invalid("the input has no bytes")
    }
    return (rows, base)
  }
}

/// What a classifier calls its classes.
enum ClassLabels: Sendable {
  case integers([Int64])
  case strings([String])
  /// The model names none: classes are numbers from 0.
  case numbered

  /// - Throws: `ImportError` (`invalidAttribute`) where both attributes are there.
  init(_ attributes: inout Attributes, integers: String, strings: String) throws(ImportError) {
    let numbers = try attributes.ints(integers) ?? []
    let names = try attributes.strings(strings) ?? []
    guard numbers.isEmpty || names.isEmpty else {
      throw ImportError(.invalidAttribute, "both '\(integers)' and '\(strings)' are given")
    }
    self = !names.isEmpty ? .strings(names) : numbers.isEmpty ? .numbered : .integers(numbers.map { Int64($0) })
  }

  /// 0 where classes are only numbered.
  var count: Int {
    switch self {
    case .integers(let labels): labels.count
    case .strings(let labels): labels.count
    case .numbered: 0
    }
  }

  var elementType: ElementType {
    if case .strings = self { .string } else { .int64 }
  }

  /// Makes output `index` the labels of these classes, one a row.
  ///
  /// A model of two classes with one score may name one label or none: class 1 is then yes and class 0 no.
  func write(_ classes: [Int], to index: Int, _ context: RunContext) throws(OperatorError) {
    switch self {
    case .strings(let labels):
      let names = classes.map { label in
        labels.indices.contains(label) && labels.count > 1 ? labels[label] : label == 0 ? "0" : "1"
      }
      context.set(
        index, try checked { () throws(TensorError) in try Tensor(strings: names, shape: .vector(names.count)) })
    case .integers(let labels):
      let target = try context.make(index, [classes.count], as: Int64.self)
      for (i, label) in classes.enumerated() {
        target[i] = labels.indices.contains(label) && labels.count > 1 ? labels[label] : Int64(label)
      }
    case .numbered:
      let target = try context.make(index, [classes.count], as: Int64.self)
      for (i, label) in classes.enumerated() { target[i] = Int64(label) }
    }
  }
}

extension PostTransform {
  /// - Throws: `ImportError` (`invalidAttribute`) for a name that is none.
  init(_ attributes: inout Attributes) throws(ImportError) {
    let name = try attributes.string(
      "post_transform", default: "NONE", among: PostTransform.allCases.map(\.rawValue))
    self = PostTransform(rawValue: name) ?? .none
  }
}

/// How one score of a two-class model becomes two.
enum SecondScore {
  /// `1 - s, s`
  case complement
  /// `-s, s`, or the logistic function of either. Other transforms leave them as they are, as in ONNX Runtime.
  case negation

  func expand(
    _ score: Float, _ transform: PostTransform, into row: UnsafeMutableBufferPointer<Float>
  ) {
    switch self {
    case .complement: (row[0], row[1]) = (1 - score, score)
    case .negation:
      (row[0], row[1]) = (-score, score)
      if transform == .logistic { transform.apply(row) }
    }
  }
}

/// The place of the largest number; the first one where several are equal, 0 for none.
func largestPlace(_ values: UnsafeBufferPointer<Float>) -> Int {
  var best = 0
  for i in values.indices where values[i] > values[best] { best = i }
  return best
}
