/// Precision, recall, F1 and support of each class, with averages.
///
/// Encoded as JSON it has the keys `classes`, `accuracy` or `micro avg`, `macro avg`, `weighted avg` and
/// `support`.
public struct ClassificationReport: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    public let name: String
    public let scores: ClassScores

    public init(name: String, scores: ClassScores) {
      self.name = name
      self.scores = scores
    }
  }

  public let classes: [Row]
  /// The fraction predicted right; nil where the report leaves out classes that occur, because the micro
  /// average is something else then.
  public let accuracy: Double?
  /// The micro average; nil where it equals the accuracy.
  public let microAverage: ClassScores?
  public let macroAverage: ClassScores
  public let weightedAverage: ClassScores

  /// True samples of the reported classes.
  public var support: Int { macroAverage.support }

  /// - Parameters:
  ///   - labels: the classes to report, in this order; by default those that occur in truth or prediction.
  ///   - names: what to call the reported classes, in the same order; by default their numbers.
  /// - Throws: `MetricError` for a label out of range or listed twice, names that are not one per class, or a
  ///   matrix without samples.
  public init(
    _ confusion: ConfusionMatrix, labels: [Int]? = nil, names: [String]? = nil,
    zeroDivision: ZeroDivision = .zero
  ) throws(MetricError) {
    guard confusion.total > 0 else { throw .empty(what: "confusion matrix") }
    let present = (0..<confusion.classes).filter {
      confusion.support[$0] > 0 || confusion.predictedCounts[$0] > 0
    }
    let labels = labels ?? present
    let scores = try confusion.classScores(labels: labels, zeroDivision: zeroDivision)
    let names = names ?? labels.map(String.init)
    guard names.count == labels.count else {
      throw .lengthMismatch(what: "names", got: names.count, expected: labels.count)
    }
    classes = zip(names, scores).map { Row(name: $0, scores: $1) }
    let micro = try confusion.averageScores(.micro, labels: labels, zeroDivision: zeroDivision)
    let isAccuracy = Set(labels).isSuperset(of: present)
    accuracy = isAccuracy ? micro.f1 : nil
    microAverage = isAccuracy ? nil : micro
    macroAverage = try confusion.averageScores(.macro, labels: labels, zeroDivision: zeroDivision)
    weightedAverage = try confusion.averageScores(.weighted, labels: labels, zeroDivision: zeroDivision)
  }

  /// The report of samples given by their labels.
  /// - Throws: `MetricError` as the other initialiser, or for no samples, unequal lengths, or a label out of
  ///   range.
  public init(
    truth: [Int], predicted: [Int], classes: Int, labels: [Int]? = nil, names: [String]? = nil,
    zeroDivision: ZeroDivision = .zero
  ) throws(MetricError) {
    try self.init(
      ConfusionMatrix(truth: truth, predicted: predicted, classes: classes), labels: labels, names: names,
      zeroDivision: zeroDivision)
  }
}

extension ClassificationReport {
  /// The report as text, in the layout of scikit-learn's `classification_report`.
  /// - Parameter digits: decimals of the scores, 0 to 100.
  public func text(digits: Int = 2) -> String {
    let digits = min(max(digits, 0), 100)
    let width = classes.map(\.name.unicodeScalars.count).reduce(max("weighted avg".count, digits), max)

    func line(_ name: String, _ columns: [String]) -> String {
      leftPadded(name, to: width) + " " + columns.map { " " + leftPadded($0, to: 9) }.joined() + "\n"
    }
    func line(_ name: String, _ scores: ClassScores) -> String {
      let numbers = [scores.precision, scores.recall, scores.f1].map { Numerics.fixed($0, digits: digits) }
      return line(name, numbers + [String(scores.support)])
    }

    var text = line("", ["precision", "recall", "f1-score", "support"]) + "\n"
    for row in classes { text += line(row.name, row.scores) }
    text += "\n"
    if let accuracy {
      text += line("accuracy", ["", "", Numerics.fixed(accuracy, digits: digits), String(support)])
    }
    if let microAverage { text += line("micro avg", microAverage) }
    return text + line("macro avg", macroAverage) + line("weighted avg", weightedAverage)
  }
}

/// `text` with spaces before it, counted in Unicode scalars as Python counts.
private func leftPadded(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
}

extension ClassificationReport: Codable {
  private enum CodingKeys: String, CodingKey {
    case classes, accuracy
    case microAverage = "micro avg"
    case macroAverage = "macro avg"
    case weightedAverage = "weighted avg"
    case support
  }

  /// Undefined (NaN) values are encoded as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(classes, forKey: .classes)
    if let accuracy { try container.encode(accuracy.finiteOrNil, forKey: .accuracy) }
    try container.encodeIfPresent(microAverage, forKey: .microAverage)
    try container.encode(macroAverage, forKey: .macroAverage)
    try container.encode(weightedAverage, forKey: .weightedAverage)
    try container.encode(support, forKey: .support)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    classes = try container.decode([Row].self, forKey: .classes)
    accuracy =
      container.contains(.accuracy)
      ? try container.decode(Double?.self, forKey: .accuracy) ?? .nan : nil
    microAverage = try container.decodeIfPresent(ClassScores.self, forKey: .microAverage)
    macroAverage = try container.decode(ClassScores.self, forKey: .macroAverage)
    weightedAverage = try container.decode(ClassScores.self, forKey: .weightedAverage)
  }
}

extension ClassificationReport.Row: Codable {
  private enum CodingKeys: String, CodingKey { case name }

  /// One flat object: the name beside the scores.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try scores.encode(to: encoder)
  }

  public init(from decoder: any Decoder) throws {
    name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
    scores = try ClassScores(from: decoder)
  }
}
