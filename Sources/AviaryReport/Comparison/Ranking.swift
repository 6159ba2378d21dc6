import AviaryEvaluation
import AviaryMetrics
import Foundation

/// The models of a comparison and what they give together, with everything that a choice among them goes by.
public struct Ranking: Sendable {
  public struct Row: Sendable, Encodable {
    public let name: String
    /// `model`, or how several are combined.
    public let kind: String
    public let accuracy: Double
    public let accuracyInterval: Interval
    public let macroF1: Double
    /// By bootstrap; `nil` for combinations.
    public let macroF1Interval: Interval?
    /// The expected calibration error; `nil` where there are no probabilities.
    public let ece: Double?
    public let parameters: Int?
    /// Of one picture.
    public let multiplyAdds: Int?
    /// Of the model's file.
    public let bytes: Int
    /// Of one picture in a batch of one: the median.
    public let milliseconds: Double?
    /// Images per second of the evaluation's batches, on all threads.
    public let throughput: Double?
    public let peakMiB: Double?
    /// Whether no other model is both more accurate and cheaper.
    public internal(set) var isPareto = false

    private enum CodingKeys: String, CodingKey {
      case name, kind, accuracy
      case accuracyInterval = "accuracy_interval"
      case macroF1 = "f1_macro"
      case macroF1Interval = "f1_macro_interval"
      case ece = "expected_calibration_error"
      case parameters
      case multiplyAdds = "multiply_adds"
      case bytes
      case milliseconds = "ms_per_image"
      case throughput = "images_per_s"
      case peakMiB = "peak_mib"
      case isPareto = "pareto"
    }
  }

  public private(set) var rows: [Row]
  /// What counts as cheap on the Pareto front.
  public let paretoCost: String

  public init(_ comparison: Comparison) throws(MetricError) {
    var rows: [Row] = []
    for entry in comparison.entries {
      let cost = entry.cost
      rows.append(
        Row(
          name: entry.name, kind: "model", accuracy: entry.summary.confusion.accuracy,
          accuracyInterval: entry.accuracy, macroF1: entry.macroF1.value,
          macroF1Interval: Interval(lower: entry.macroF1.lower, upper: entry.macroF1.upper),
          ece: try entry.predictions.expectedCalibrationError(), parameters: cost?.parameters,
          multiplyAdds: cost?.multiplyAdds, bytes: entry.record.model.bytes, milliseconds: cost?.median,
          throughput: entry.record.run.latency?.throughput(threads: entry.record.run.threads),
          peakMiB: cost?.peakMiB))
    }
    for model in comparison.combined {
      let members = model.members.map { rows[$0] }
      func total<T: AdditiveArithmetic>(_ values: [T?]) -> T? {
        values.reduce(T.zero) { sum, value in sum.flatMap { sum in value.map { sum + $0 } } }
      }
      let rate = total(members.map { row in row.throughput.map { 1 / $0 } })
      rows.append(
        Row(
          name: model.name, kind: model.kind.rawValue, accuracy: model.confusion.accuracy,
          accuracyInterval: model.accuracy, macroF1: try model.confusion.averageScores(.macro).f1,
          macroF1Interval: nil, ece: try model.predictions.expectedCalibrationError(),
          parameters: total(members.map(\.parameters)), multiplyAdds: total(members.map(\.multiplyAdds)),
          bytes: members.reduce(0) { $0 + $1.bytes }, milliseconds: total(members.map(\.milliseconds)),
          throughput: rate.map { 1 / $0 }, peakMiB: nil))
    }
    let candidates = rows.filter { $0.kind != "oracle" }
    let hasTimes = candidates.allSatisfy { $0.milliseconds != nil }
    paretoCost = hasTimes ? "ms per image" : "bytes"
    self.rows = rows
    for index in rows.indices where rows[index].kind != "oracle" {
      func cost(_ row: Row) -> Double { hasTimes ? row.milliseconds ?? .infinity : Double(row.bytes) }
      let row = rows[index]
      self.rows[index].isPareto = !candidates.contains { other in
        other.accuracy >= row.accuracy && cost(other) <= cost(row)
          && (other.accuracy > row.accuracy || cost(other) < cost(row))
      }
    }
  }
}

extension Predictions {
  fileprivate func expectedCalibrationError() throws(MetricError) -> Double? {
    guard let scores else { return nil }
    return try Calibration(truth: truth, scores: scores).expectedError
  }
}

extension Ranking {
  /// What rows can be sorted and filtered by, best first.
  public enum Key: String, CaseIterable, Sendable {
    case name, accuracy, f1, ece, parameters, madds, bytes, ms, throughput, memory

    /// `nil` where a row has no such value, and for names.
    func value(_ row: Row) -> Double? {
      switch self {
      case .name: nil
      case .accuracy: row.accuracy
      case .f1: row.macroF1
      case .ece: row.ece
      case .parameters: row.parameters.map(Double.init)
      case .madds: row.multiplyAdds.map(Double.init)
      case .bytes: Double(row.bytes)
      case .ms: row.milliseconds
      case .throughput: row.throughput
      case .memory: row.peakMiB
      }
    }

    var higherIsBetter: Bool { [.accuracy, .f1, .throughput].contains(self) }
  }

  /// The rows with the best first; rows without the value last.
  public func sorted(by key: Key, reversed: Bool = false) -> Ranking {
    var copy = self
    let order = rows.enumerated().sorted { a, b in
      guard key != .name else {
        return reversed ? a.element.name > b.element.name : a.element.name < b.element.name
      }
      switch (key.value(a.element), key.value(b.element)) {
      case (let x?, let y?) where x != y: return (x > y) == (key.higherIsBetter != reversed)
      case (_?, nil): return true
      case (nil, _?): return false
      default: return a.offset < b.offset
      }
    }
    copy.rows = order.map(\.element)
    return copy
  }

  /// Only the rows that pass all conditions.
  public func filtered(_ conditions: [Condition]) -> Ranking {
    var copy = self
    copy.rows = rows.filter { row in conditions.allSatisfy { $0.holds(for: row) } }
    return copy
  }

  /// `ms<5`, `accuracy>=0.6`, `name~vgg`, `kind=model`, `pareto`.
  public struct Condition: Sendable {
    private enum Test: Sendable {
      case pareto
      case kind(String)
      case name(String)
      case number(Key, String, Double)
    }

    private let test: Test

    /// - Returns: `nil` for text that is no condition.
    public init?(_ text: String) {
      let text = text.trimmingCharacters(in: .whitespaces)
      if text == "pareto" {
        test = .pareto
        return
      }
      // The longer signs first: '<=' begins with '<'.
      for sign in ["<=", ">=", "<", ">", "=", "~"] {
        guard let range = text.range(of: sign) else { continue }
        let left = text[..<range.lowerBound].trimmingCharacters(in: .whitespaces)
        let right = text[range.upperBound...].trimmingCharacters(in: .whitespaces)
        if left == "kind", sign == "=" {
          test = .kind(right)
          return
        }
        if left == "name", sign == "~" || sign == "=" {
          test = .name(right)
          return
        }
        guard let key = Key(rawValue: left), key != .name, sign != "~", let number = Double(right) else {
          return nil
        }
        test = .number(key, sign, number)
        return
      }
      return nil
    }

    func holds(for row: Row) -> Bool {
      switch test {
      case .pareto: return row.isPareto
      case .kind(let kind): return row.kind == kind
      case .name(let part): return row.name.lowercased().contains(part.lowercased())
      case .number(let key, let sign, let bound):
        guard let value = key.value(row) else { return false }
        switch sign {
        case "<=": return value <= bound
        case ">=": return value >= bound
        case "<": return value < bound
        case ">": return value > bound
        default: return value == bound
        }
      }
    }
  }
}
