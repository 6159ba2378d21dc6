import AviaryMetrics
import Foundation
import TestSupport
import Testing

/// The expected values that `make_golden.py` wrote. JSON null stands for NaN.
enum Golden {
  static let folder = Locations.root.appendingPathComponent("Tests/AviaryMetricsTests/Golden")

  static func load<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
    } catch {
      preconditionFailure("\(name): \(error); run make_golden.py")
    }
  }

  static let cases: [Case] = load("cases.json")
  static let reports: [Report] = load("reports.json")
  static let curves: [Curve] = load("curves.json")
  static let statistics: Statistics = load("statistics.json")
  static let intervals: [Intervals] = load("intervals.json")

  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct PerClass: Decodable, Sendable {
      let precision, recall, f1: [Double?]
      let support: [Int]
    }
    struct Calibration: Decodable, Sendable {
      let bins: Int
      let sizes: [Int]
      let accuracy, confidence: [Double]
      let expected, maximum: Double
    }

    struct RiskCoverage: Decodable, Sendable {
      let coverage, risk: [Double]
      let area: Double
    }
    struct Temperature: Decodable, Sendable {
      let value, before, after: Double
    }

    let name: String
    let classes: Int
    let truth, predicted: [Int]
    let scores: [Double]?
    let metrics: [String: Double?]
    let balancedAdjusted: Double?
    let confusion: [[Int]]
    let normalized: [String: [Double]]
    let perClass: [String: PerClass]
    let averages: [String: [String: [Double?]]]
    let topK: [Double]?
    let calibration: [Calibration]?
    let rates: [String: [Double]]
    let riskCoverage: RiskCoverage?
    let temperature: Temperature?

    var testDescription: String { name }

    func matrix() throws -> ConfusionMatrix {
      try ConfusionMatrix(truth: truth, predicted: predicted, classes: classes)
    }

    func predictions() throws -> Predictions {
      guard let scores else { return try Predictions(truth: truth, predicted: predicted, classes: classes) }
      return try Predictions(
        truth: truth, scores: ScoreMatrix(scores, classes: classes), predicted: predicted)
    }
  }

  struct Report: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let classes: Int
    let labels: [Int]?
    let names: [String]?
    let zeroDivision: ZeroDivision
    let confusion: [[Int]]
    let texts: [String: String]
    /// Per class or average the four numbers, and the accuracy.
    let values: [String: Entry]

    enum Entry: Decodable, Sendable {
      case scores([String: Double?])
      case number(Double)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .number(number)
        } else {
          self = .scores(try container.decode([String: Double?].self))
        }
      }
    }

    var testDescription: String { "\(name), zero division \(zeroDivision)" }
  }

  struct Curve: Decodable, Sendable, CustomTestStringConvertible {
    struct Points: Decodable, Sendable {
      let x, y: [Double?]
      let thresholds: [Double]
    }
    let name: String
    let dropIntermediate: Bool
    let truth: [Int]
    let scores: [Double]
    let roc, precisionRecall: Points
    let area: Double?
    let averagePrecision: Double

    var testDescription: String { "\(name)\(dropIntermediate ? ", corners only" : "")" }
  }

  struct Intervals: Decodable, Sendable, CustomTestStringConvertible {
    let confidence: Double
    let resamples, classes: Int
    let seed: UInt64
    let truth: [Int]
    let scores: [Double]
    /// By the name of a metric, or `f1[class]`.
    let intervals: [String: [Double]]

    var testDescription: String { "\(truth.count) samples of \(classes) classes" }

    func predictions() throws -> Predictions {
      try Predictions(truth: truth, scores: ScoreMatrix(scores, classes: classes))
    }
  }

  struct Statistics: Decodable, Sendable {
    struct Wilson: Decodable, Sendable {
      let successes, trials: Int
      let confidence: Double
      let interval: [Double]
    }
    struct Paired: Decodable, Sendable {
      let onlyFirst, onlySecond: Int
      let exact, loss, chiSquared, chiSquaredPValue: Double
    }
    let wilson: [Wilson]
    let mcnemar: [Paired]
  }
}
