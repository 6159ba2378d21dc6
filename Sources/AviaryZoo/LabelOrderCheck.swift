import AviaryMetrics

/// Whether another order of the model's labels would fit the samples much better: the commonest silent
/// mistake with a classifier that somebody else trained.
public struct LabelOrderCheck: Sendable, Equatable {
  public let samples: Int
  /// With the labels as they are.
  public let accuracy: Double
  /// With the best one-to-one exchange of labels.
  public let bestAccuracy: Double
  /// Labels that would change their meaning: what the model calls `label` is `likely`.
  public let exchanges: [Exchange]

  public struct Exchange: Sendable, Equatable, Codable {
    public let label: String
    public let likely: String
  }

  /// Beyond this many classes the check, cubic in their number, is not made.
  static let maximumClasses = 512

  /// - Returns: `nil` for no samples, too many classes, or names that are not one per class.
  public init?(_ confusion: ConfusionMatrix, names: [String]) {
    let classes = confusion.classes
    guard confusion.total > 0, classes <= Self.maximumClasses, names.count == classes else { return nil }
    // Row: what the model says; column: the truth. The most samples along a one-to-one choice of cells.
    let assignment = bestAssignment(classes) { confusion[truth: $1, predicted: $0] }
    let hits = assignment.enumerated().reduce(0) {
      $0 + confusion[truth: $1.element, predicted: $1.offset]
    }
    samples = confusion.total
    accuracy = confusion.accuracy
    bestAccuracy = Double(hits) / Double(confusion.total)
    exchanges = assignment.enumerated().filter { $0.offset != $0.element }.map {
      Exchange(label: names[$0.offset], likely: names[$0.element])
    }
  }

  /// Whether the gain is beyond chance: of few samples some always fit another order a little better.
  public var isSuspicious: Bool {
    bestAccuracy > accuracy + max(0.05, 1 / Double(samples).squareRoot()) && !exchanges.isEmpty
  }

  /// One sentence for people; `nil` where nothing is wrong.
  public var warning: String? {
    guard isSuspicious else { return nil }
    func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10) %" }
    let list = exchanges.map { "'\($0.label)' looks like '\($0.likely)'" }.joined(separator: ", ")
    return "the label order looks wrong: accuracy is \(percent(accuracy)), but would be "
      + "\(percent(bestAccuracy)) where \(list)"
  }
}

/// The one-to-one assignment of columns to rows with the largest sum (Kuhn 1955, with potentials as Jonker
/// and Volgenant 1987 do it; cubic).
///
/// - Returns: for each row its column.
func bestAssignment(_ size: Int, gain: (Int, Int) -> Int) -> [Int] {
  // Rows and columns are counted from 1; 0 stands for "none yet".
  var rowPotential = [Int](repeating: 0, count: size + 1)
  var columnPotential = rowPotential
  var rowOf = rowPotential
  var previous = rowPotential
  for row in 1..<(size + 1) {
    rowOf[0] = row
    var column = 0
    var slack = [Int](repeating: .max, count: size + 1)
    var visited = [Bool](repeating: false, count: size + 1)
    repeat {
      visited[column] = true
      let current = rowOf[column]
      var step = Int.max
      var next = 0
      for candidate in 1..<(size + 1) where !visited[candidate] {
        let cost = -gain(current - 1, candidate - 1) - rowPotential[current] - columnPotential[candidate]
        if cost < slack[candidate] {
          slack[candidate] = cost
          previous[candidate] = column
        }
        if slack[candidate] < step {
          step = slack[candidate]
          next = candidate
        }
      }
      for other in 0..<(size + 1) {
        if visited[other] {
          rowPotential[rowOf[other]] += step
          columnPotential[other] -= step
        } else if slack[other] != .max {
          slack[other] -= step
        }
      }
      column = next
    } while rowOf[column] != 0
    while column != 0 {
      let before = previous[column]
      rowOf[column] = rowOf[before]
      column = before
    }
  }
  var result = [Int](repeating: 0, count: size)
  for column in 1..<(size + 1) { result[rowOf[column] - 1] = column - 1 }
  return result
}
