/// The classes that a model's labels and a data set have in common, where either may have others besides.
public struct CommonClasses: Sendable, Equatable {
  /// As the data set calls them and in its order.
  public let names: [String]
  /// For each class of the data set its position in `names`; `nil` where the model has no label for it.
  public let positionOfClass: [Int?]
  /// For each of the model's labels its position in `names`; `nil` where the data set has no such class.
  public let positionOfLabel: [Int?]

  /// - Parameters:
  ///   - model: how the model is called in messages.
  ///   - labels: the model's labels in the order of its output.
  ///   - data: how the data set is called in messages.
  ///   - classes: the data set's classes.
  /// - Throws: `EvaluationError.classes` where two labels mean the same class, or fewer than two classes are common.
  public init(model: String, labels: [String], data: String, classes: [String]) throws(EvaluationError) {
    var positions = [Int?](repeating: nil, count: labels.count)
    var taken: [Int: String] = [:]
    var common: [Int?] = []
    var names: [String] = []
    let meant = labels.map(ClassNames.canonical)
    for (index, name) in meant.enumerated() {
      if let first = meant.firstIndex(of: name), first != index {
        throw .classes("\(model): its labels '\(labels[first])' and '\(labels[index])' mean the same class")
      }
    }
    for name in classes {
      guard let label = meant.firstIndex(of: ClassNames.canonical(name)) else {
        common.append(nil)
        continue
      }
      if let other = taken.updateValue(name, forKey: label) {
        throw .classes("\(data): its classes '\(other)' and '\(name)' mean the same")
      }
      positions[label] = names.count
      common.append(names.count)
      names.append(name)
    }
    guard names.count >= 2 else {
      let shared = names.first.map { "only \($0)" } ?? "nothing"
      throw .classes(
        "the \(labels.count) labels of \(model) (\(labels.joined(separator: ", "))) and the \(classes.count) classes "
          + "of \(data) (\(classes.joined(separator: ", "))) have \(shared) in common, and a trial needs two classes; "
          + "correct the labels, or try it on other data")
    }
    self.names = names
    positionOfClass = common
    positionOfLabel = positions
  }
}
