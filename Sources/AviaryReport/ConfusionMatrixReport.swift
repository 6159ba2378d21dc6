import AviaryMetrics

/// A confusion matrix with the names of its classes, to be written as text, Markdown, CSV or JSON.
public struct ConfusionMatrixReport: Sendable {
  public let matrix: ConfusionMatrix
  /// One name per class.
  public let labels: [String]

  /// - Throws: `ReportError.mismatch` where there is not one label per class.
  public init(_ matrix: ConfusionMatrix, labels: [String]) throws(ReportError) {
    guard labels.count == matrix.classes else {
      throw .mismatch(what: "labels", got: labels.count, expected: matrix.classes)
    }
    self.matrix = matrix
    self.labels = labels
  }

  /// A row per true class, a column per predicted class.
  /// - Parameter normalization: fractions instead of counts.
  public func table(_ normalization: ConfusionMatrix.Normalization? = nil) -> Table {
    let columns = [Table.Column("true\\predicted", alignment: .left)] + labels.map { Table.Column($0) }
    let fractions = normalization.map(matrix.normalized)
    let rows = labels.enumerated().map { t, label in
      [.text(label)]
        + (0..<matrix.classes).map { p -> Table.Cell in
          if let fractions { return .number(fractions[t * matrix.classes + p], digits: 4) }
          return .integer(matrix[truth: t, predicted: p])
        }
    }
    return Table(columns: columns, rows: rows)
  }

  /// An object with `labels`, `counts` and, under `normalized`, the fractions by `true` (row), `pred`
  /// (column) and `all`; each matrix is an array per true class.
  public func json() -> String {
    func rows(_ values: [String]) -> String {
      let lines = (0..<matrix.classes).map { t in
        JSONText.array(Array(values[t * matrix.classes..<(t + 1) * matrix.classes]))
      }
      return "[\n" + lines.map { "    " + $0 }.joined(separator: ",\n") + "\n  ]"
    }
    var members = [
      "\"labels\": " + JSONText.array(labels.map(JSONText.string)),
      "\"counts\": " + rows(matrix.counts.map(String.init)),
    ]
    let normalized = ConfusionMatrix.Normalization.allCases.map { normalization in
      "\"\(normalization.rawValue)\": " + rows(matrix.normalized(normalization).map(NumberText.shortest))
    }
    members.append("\"normalized\": {" + normalized.joined(separator: ", ") + "}")
    return "{\n" + members.map { "  " + $0 }.joined(separator: ",\n") + "\n}\n"
  }
}

extension Table {
  /// Rows that are known to have one cell per column.
  init(columns: [Column], rows: [[Cell]]) {
    self.init(columns: columns)
    self.rows = rows
  }
}
