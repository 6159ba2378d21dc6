import AviaryCore

/// A value that the model holds as an attribute.
///
/// ONNX `Constant`: `value` in every version, `sparse_value` since opset 11, `value_int`, `value_ints`,
/// `value_float`, `value_floats`, `value_string`, `value_strings` since 12. A sparse value becomes dense.
struct Constant: Operator {
  static let id = OperatorID("Constant")
  static let opsets = 1...Opset.latest

  private let value: Tensor

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    var values: [Tensor] = []
    do {
      if let tensor = try attributes.tensor("value") { values.append(tensor) }
      if let sparse = attributes.value("sparse_value") {
        guard case .sparseTensor(let sparse) = sparse else {
          throw ImportError(.invalidAttribute, "attribute 'sparse_value' must be a sparse tensor")
        }
        values.append(try sparse.dense())
      }
      if let int = try attributes.int("value_int") { values.append(try Tensor(scalar: Int64(int))) }
      if let ints = try attributes.ints("value_ints") { values.append(try Tensor(ints.map { Int64($0) })) }
      if let float = try attributes.float("value_float") { values.append(try Tensor(scalar: float)) }
      if let floats = try attributes.floats("value_floats") { values.append(try Tensor(floats)) }
      if let string = try attributes.string("value_string") {
        values.append(try Tensor(strings: [string], shape: .scalar))
      }
      if let strings = try attributes.strings("value_strings") {
        values.append(try Tensor(strings: strings, shape: .vector(strings.count)))
      }
    } catch let error as ImportError {
      throw error
    } catch {
      throw ImportError(.invalidAttribute, "the constant cannot be made: \(error)")
    }
    guard values.count == 1, let value = values.first else {
      throw ImportError(.invalidAttribute, "needs exactly one value attribute, has \(values.count)")
    }
    self.value = value
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    [ValueInfo(constant: .tensor(value))]
  }

  func run(_ context: RunContext) throws(OperatorError) { context.set(0, value) }
}
