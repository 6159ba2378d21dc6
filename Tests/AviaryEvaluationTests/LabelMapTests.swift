import Aviary
import Testing

@Suite struct LabelMapTests {
  static let csv = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  /// (the model's labels, the column of each of the classes above)
  static let orders: [([String], [Int])] = [
    (csv, [0, 1, 2, 3, 4, 5, 6]),
    (csv.sorted(), [0, 1, 2, 3, 5, 6, 4]),
    (["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"], [3, 5, 4, 1, 2, 6, 0]),
    (
      ["Anger", "Disgusted", "fearful", " happiness ", "SADNESS", "surprised", "Neutral"],
      [0, 1, 2, 3, 4, 5, 6]
    ),
  ]

  @Test(arguments: orders)
  func mapsByName(labels: [String], columns: [Int]) throws {
    let map = try LabelMap(model: "m", labels: labels, data: "d", classes: Self.csv)
    #expect(map.columns == columns)
  }

  /// (labels, parts of the message)
  static let disagreements: [([String]?, [String])] = [
    (nil, ["m:", "--labels"]),
    (Array(csv.dropLast()), ["6 labels", "no label for neutral"]),
    (csv + ["contempt"], ["8 labels", "no class for contempt"]),
    (csv.dropLast() + ["bored"], ["no label for neutral", "no class for bored"]),
    (csv.dropLast() + ["anger"], ["'angry' and 'anger' mean the same"]),
  ]

  @Test(arguments: disagreements)
  func saysWhatDisagrees(labels: [String]?, parts: [String]) {
    let error = #expect(throws: EvaluationError.self) {
      try LabelMap(model: "m", labels: labels, data: "d", classes: Self.csv)
    }
    for part in parts { #expect(error?.description.contains(part) == true, "\(error?.description ?? "")") }
  }
}
