/// Which class each output of a classifier means.
struct LabelOrder: Sendable, Equatable {
  /// For each output its class; `nil` where the pictures have no such class.
  let classOfOutput: [Int?]
  /// For each class its output.
  let outputOfClass: [Int]

  /// - Returns: `nil` unless each of the classes has exactly one output.
  init?(_ classOfOutput: [Int?], classes: Int) {
    var outputs = [Int?](repeating: nil, count: max(0, classes))
    for (output, label) in classOfOutput.enumerated() {
      guard let label else { continue }
      guard outputs.indices.contains(label), outputs[label] == nil else { return nil }
      outputs[label] = output
    }
    self.classOfOutput = classOfOutput
    outputOfClass = outputs.compactMap { $0 }
    if outputOfClass.count != classes { return nil }
  }

  /// The outputs that mean a class of the pictures, ascending.
  var outputs: [Int] { classOfOutput.indices.filter { classOfOutput[$0] != nil } }

  /// Another order of the same outputs; the others keep their place.
  ///
  /// - Parameter classes: the class of each of `outputs`.
  /// - Returns: `nil` where they are not an order of the same classes.
  func reordered(_ classes: [Int]) -> LabelOrder? {
    let outputs = outputs
    guard classes.count == outputs.count else { return nil }
    var order = [Int?](repeating: nil, count: classOfOutput.count)
    for (output, label) in zip(outputs, classes) { order[output] = label }
    return LabelOrder(order, classes: classes.count)
  }
}
