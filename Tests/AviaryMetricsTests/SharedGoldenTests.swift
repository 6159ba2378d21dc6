import AviaryMetrics
import Foundation
import TestSupport
import Testing

/// Metrics of real probabilities over the 7,178 test images of FER2013, against scikit-learn's.
@Suite struct SharedGoldenTests {
  static let models: [String] = {
    guard let shared = Locations.shared else {
      print("not run: metrics of the shared FER2013 probabilities (no shared data)")
      return []
    }
    return ["00-0_47", "102-0_66", "119-0_65"].map {
      shared.appendingPathComponent("data/golden/fer2013_mini_xception_\($0)").path
    }
  }()

  struct Expected: Decodable {
    let images: Int
    let labels: [String]
    let confusion_matrix: [[Int]]
    let accuracy: [String: Double]
    let balanced_accuracy, cohen_kappa, matthews_corrcoef, log_loss: Double
    let top_k_accuracy, roc_auc_ovr, average_precision: [String: Double]
  }

  struct Rows {
    var files: [String] = []
    var truth: [Int] = []
    var scores: [Double] = []

    init(path: String, labels: [String]) throws {
      let text = try String(contentsOfFile: path + ".csv", encoding: .utf8)
      let lines = text.split(whereSeparator: \.isNewline)
      #expect(lines.first.map { $0.split(separator: ",").dropFirst(2).map(String.init) } == labels)
      for line in lines.dropFirst() {
        let fields = line.split(separator: ",")
        files.append(String(fields[0]))
        truth.append(try #require(labels.firstIndex(of: String(fields[1]))))
        for field in fields.dropFirst(2) { scores.append(try #require(Double(field))) }
      }
    }
  }

  @Test(arguments: models)
  func equalScikitLearn(_ path: String) throws {
    let json = try Data(contentsOf: URL(fileURLWithPath: path + ".json"))
    let expected = try JSONDecoder().decode(Expected.self, from: json)
    let rows = try Rows(path: path, labels: expected.labels)
    let scores = try ScoreMatrix(rows.scores, classes: expected.labels.count)
    let predictions = try Predictions(truth: rows.truth, scores: scores)
    // Six decimals do not sum to one; scikit-learn's values are of rows that do.
    let normalized = try Predictions(truth: rows.truth, scores: scores.normalized())

    #expect(predictions.truth.count == expected.images)
    #expect(predictions.confusion.rows == expected.confusion_matrix)
    // Six decimals turn close scores into equal ones and small probabilities into coarse ones: the metrics
    // that depend on such details move by a few millionths. The next test has no such slack.
    let coarse = ["log_loss": 5e-5, "average_precision_macro": 2e-5, "average_precision_micro": 5e-6]
    var values: [(name: String, value: Double?)] = [
      ("accuracy", expected.accuracy["all"]), ("balanced_accuracy", expected.balanced_accuracy),
      ("cohen_kappa", expected.cohen_kappa), ("matthews_corrcoef", expected.matthews_corrcoef),
      ("log_loss", expected.log_loss),
    ]
    values += expected.top_k_accuracy.map { ("top_\($0)_accuracy", $1) }
    values += expected.roc_auc_ovr.map { ("roc_auc_ovr_\($0)", $1) }
    values += expected.average_precision.map { ("average_precision_\($0)", $1) }
    for (name, value) in values {
      let metric = try #require(Metric.named(name))
      let input = metric.input == .probabilities ? normalized : predictions
      expectClose(try metric(input), value, tolerance: coarse[name] ?? 1e-6, name)
    }

    for (split, prefix) in [("public", "PublicTest"), ("private", "PrivateTest")] {
      let part = rows.files.indices.filter { rows.files[$0].contains(prefix) }
      let matrix = try ConfusionMatrix(
        truth: part.map { rows.truth[$0] }, predicted: part.map { predictions.predicted[$0] }, classes: 7)
      expectClose(matrix.accuracy, expected.accuracy[split], split)
    }
  }

  /// Every metric of the same rounded probabilities, computed by scikit-learn here and now.
  @Test(arguments: models)
  func equalScikitLearnOnTheSameNumbers(_ path: String) throws {
    guard let python = Locations.python else {
      print("not run: scikit-learn on \(path).csv (no Python environment)")
      return
    }
    let process = Process()
    process.executableURL = python
    let script = Golden.folder.deletingLastPathComponent().appendingPathComponent("make_golden.py")
    process.arguments = [script.path, path + ".csv"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let expected = try JSONDecoder().decode([String: Double?].self, from: data)

    let labels = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    let rows = try Rows(path: path, labels: labels)
    let scores = try ScoreMatrix(rows.scores, classes: labels.count).normalized()
    let predictions = try Predictions(
      truth: rows.truth, scores: scores, predicted: ScoreMatrix(rows.scores, classes: labels.count).argmax())
    #expect(expected.count == Metric.all.count)
    for metric in Metric.all {
      expectClose(try metric(predictions), try #require(expected[metric.name]), metric.name)
    }
  }

  @Test(arguments: models)
  func reportEqualsScikitLearn(_ path: String) throws {
    let json = try Data(contentsOf: URL(fileURLWithPath: path + ".json"))
    let expected = try JSONDecoder().decode(Expected.self, from: json)
    let object = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
    let values = try #require(object["report"] as? [String: Any])
    let matrix = try ConfusionMatrix(counts: Array(expected.confusion_matrix.joined()), classes: 7)
    let report = try ClassificationReport(matrix, labels: Array(0..<7), names: expected.labels)
    let rows =
      report.classes
      + [
        .init(name: "macro avg", scores: report.macroAverage),
        .init(name: "weighted avg", scores: report.weightedAverage),
      ]
    for row in rows {
      let golden = try #require(values[row.name] as? [String: Double])
      expectClose(row.scores.precision, golden["precision"], row.name)
      expectClose(row.scores.recall, golden["recall"], row.name)
      expectClose(row.scores.f1, golden["f1-score"], row.name)
      expectClose(Double(row.scores.support), golden["support"], row.name)
    }
    expectClose(try #require(report.accuracy), values["accuracy"] as? Double)
  }
}
