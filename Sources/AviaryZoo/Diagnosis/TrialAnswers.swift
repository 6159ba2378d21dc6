import AviaryMetrics

/// What a model answered to labelled pictures: what orders of labels are judged by.
struct TrialAnswers {
  /// The class of each picture.
  let labels: [Int]
  /// The output with the largest score for each picture.
  let predicted: [Int]
  /// For each picture one per output.
  let probabilities: [[Float]]

  /// - Parameters:
  ///   - rows: raw outputs, one row per picture.
  ///   - probabilities: what the rows mean.
  ///   - labels: the class of each picture.
  ///   - outputs: values that each row must have.
  /// - Returns: `nil` where there are no rows, one is of another length, or values are not finite.
  init?(_ rows: [[Float]], probabilities: [[Float]], labels: [Int], outputs: Int) {
    guard !rows.isEmpty, rows.count == labels.count, probabilities.count == labels.count,
      (rows + probabilities).allSatisfy({ $0.count == outputs }),
      probabilities.allSatisfy({ $0.allSatisfy(\.isFinite) })
    else { return nil }
    self.labels = labels
    self.probabilities = probabilities
    predicted = rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
  }

  /// Whether each picture is recognised.
  func isCorrect(_ order: LabelOrder) -> [Bool] {
    zip(predicted, labels).map { order.classOfOutput[$0] == $1 }
  }

  /// Pictures that are recognised.
  func hits(_ order: LabelOrder) -> Int {
    zip(predicted, labels).count { order.classOfOutput[$0] == $1 }
  }

  /// How likely the true class of each picture was, as a logarithm.
  func logLikelihood(_ order: LabelOrder) -> [Double] {
    zip(probabilities, labels).map { LabelFit.logarithm($0[order.outputOfClass[$1]]) }
  }

  // MARK: Orders that fit

  /// The order under which the true classes are likeliest.
  ///
  /// - Parameter frame: any order of the outputs that may be exchanged.
  /// - Returns: `nil` for classes without end, of which `LabelFit` makes nothing.
  func likeliest(_ frame: LabelOrder) -> LabelOrder? {
    let outputs = frame.outputs
    let rows =
      outputs.count == frame.classOfOutput.count
      ? probabilities : probabilities.map { row in outputs.map { row[$0] } }
    return LabelFit(probabilities: rows, labels: labels, classes: outputs.count)
      .flatMap { frame.reordered($0.classOfOutput) }
  }

  /// The order under which most pictures are recognised; of several the likeliest.
  func mostHits(_ frame: LabelOrder) -> LabelOrder? {
    let outputs = frame.outputs
    guard (1...LabelOrderCheck.maximumClasses).contains(outputs.count) else { return nil }
    var hits = [[Int]](
      repeating: [Int](repeating: 0, count: frame.classOfOutput.count), count: outputs.count)
    var gains = hits.map { $0.map { _ in 0.0 } }
    for (index, label) in labels.enumerated() {
      hits[label][predicted[index]] += 1
      for output in outputs { gains[label][output] += LabelFit.logarithm(probabilities[index][output]) }
    }
    // Means of logarithms, of which all together stay below one hit.
    let scale = 1e6 / Double(labels.count)
    let outputOfClass = bestAssignment(outputs.count) { label, position in
      hits[label][outputs[position]] * 100_000_000 + Int((gains[label][outputs[position]] * scale).rounded())
    }
    var classes = [Int](repeating: 0, count: outputs.count)
    for (label, position) in outputOfClass.enumerated() { classes[position] = label }
    return frame.reordered(classes)
  }

  /// The two classes whose exchange costs least under that order.
  func weakest(_ order: LabelOrder) -> LabelFit.Doubt? {
    LabelFit.weakest(order.outputOfClass, probabilities.map { $0.map(LabelFit.logarithm) }, labels)
  }

  // MARK: Two orders compared

  /// Whether one order recognises more pictures than the other beyond chance (McNemar's exact test).
  func hitsTell(_ order: LabelOrder, from other: LabelOrder, level: Double) -> Bool {
    var (onlyOrder, onlyOther) = (0, 0)
    for (output, label) in zip(predicted, labels) {
      switch (order.classOfOutput[output] == label, other.classOfOutput[output] == label) {
      case (true, false): onlyOrder += 1
      case (false, true): onlyOther += 1
      default: break
      }
    }
    let test = try? McNemar(onlyFirst: onlyOrder, onlySecond: onlyOther)
    return onlyOrder > onlyOther && (test?.exactPValue ?? 1) < level
  }

  /// Whether the true classes are likelier under one order than under the other beyond chance.
  func scoresTell(_ order: LabelOrder, from other: LabelOrder, level: Double) -> Bool {
    // Pictures of classes that both place alike say nothing.
    let differences = zip(probabilities, labels).compactMap { row, label -> Double? in
      let (here, there) = (order.outputOfClass[label], other.outputOfClass[label])
      return here == there ? nil : LabelFit.logarithm(row[here]) - LabelFit.logarithm(row[there])
    }
    return PairedDifference(differences).pValue < level
  }
}
