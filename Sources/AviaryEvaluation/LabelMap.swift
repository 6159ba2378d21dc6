/// Which column of a model's output belongs to each class of a data set: by name, never by position.
public struct LabelMap: Sendable, Equatable {
  /// For each class of the data set, the index of the model's output value.
  public let columns: [Int]

  /// - Parameters:
  ///   - model: how the model is called in messages.
  ///   - labels: the model's labels in the order of its output; `nil` where nobody has said.
  ///   - data: how the data set is called in messages.
  ///   - classes: the data set's classes.
  /// - Throws: `EvaluationError.classes` that says which of model, labels and data disagrees.
  public init(
    model: String, labels: [String]?, data: String, classes: [String]
  ) throws(EvaluationError) {
    guard let labels else {
      throw .classes(
        "\(model): the order of its classes is not known, and the wrong one would give wrong numbers without "
          + "any error; pass --labels, or a manifest with --manifest")
    }
    var column: [String: Int] = [:]
    for (index, label) in labels.enumerated() {
      if let other = column.updateValue(index, forKey: ClassNames.canonical(label)) {
        throw .classes("\(model): its labels '\(labels[other])' and '\(label)' mean the same class")
      }
    }
    let wanted = classes.map(ClassNames.canonical)
    let missing = classes.filter { column[ClassNames.canonical($0)] == nil }
    let surplus = labels.filter { !wanted.contains(ClassNames.canonical($0)) }
    guard missing.isEmpty, surplus.isEmpty else {
      let parts = [
        missing.isEmpty ? nil : "the model has no label for \(missing.joined(separator: ", "))",
        surplus.isEmpty ? nil : "the data has no class for \(surplus.joined(separator: ", "))",
      ]
      throw .classes(
        "the \(labels.count) labels of \(model) (\(labels.joined(separator: ", "))) do not fit the "
          + "\(classes.count) classes of \(data) (\(classes.joined(separator: ", "))): "
          + parts.compactMap { $0 }.joined(separator: "; "))
    }
    columns = wanted.compactMap { column[$0] }
  }

  /// One row of the model's output in the order of the data set's classes.
  func callAsFunction(_ row: [Float]) -> [Float] {
    columns.map { row.indices.contains($0) ? row[$0] : .nan }
  }
}
