import Aviary
import Testing

@Suite struct CommonClassesTests {
  @Test func matchesByNameAndKeepsPlaces() throws {
    let common = try CommonClasses(
      model: "m", labels: ["neutral", "happiness", "contempt", "anger"], data: "d",
      classes: ["angry", "disgust", "happy", "neutral"])
    #expect(common.names == ["angry", "happy", "neutral"])
    #expect(common.positionOfClass == [0, nil, 1, 2])
    #expect(common.positionOfLabel == [2, 1, nil, 0])
  }

  @Test func equalSetsAreAllCommon() throws {
    let common = try CommonClasses(
      model: "m", labels: LabelMapTests.csv, data: "d", classes: LabelMapTests.csv.sorted())
    #expect(common.names == LabelMapTests.csv.sorted())
    #expect(common.positionOfLabel == [0, 1, 2, 3, 5, 6, 4])
  }

  /// (the model's labels, the data's classes, part of the message)
  static let refused: [([String], [String], String)] = [
    (["a", "b"], ["c", "d"], "nothing in common"), (["a", "happy"], ["joy", "sad"], "only joy in common"),
    (["angry", "anger", "sad"], ["angry", "sad"], "'angry' and 'anger' mean the same class"),
    (["angry", "sad"], ["angry", "anger", "sad"], "'angry' and 'anger' mean the same"),
  ]

  @Test(arguments: refused)
  func saysWhatIsWrong(labels: [String], classes: [String], part: String) {
    let error = #expect(throws: EvaluationError.self) {
      try CommonClasses(model: "m", labels: labels, data: "d", classes: classes)
    }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }
}

@Suite struct UsualLabelsTests {
  /// (classes, their usual orders by name)
  static let cases: [([String], [[String]])] = [
    (UsualLabels.alphabetical, [UsualLabels.fer2013, UsualLabels.alphabetical]),
    (["Happy", "anger", "neutral"], [["anger", "Happy", "neutral"]]),
    (["sadness", "neutral", "fear"], [["fear", "sadness", "neutral"], ["fear", "neutral", "sadness"]]),
    (["dog", "cat"], [["cat", "dog"]]), (["sad", "contempt"], [["contempt", "sad"]]),
  ]

  @Test(arguments: cases)
  func orders(classes: [String], names: [[String]]) {
    #expect(UsualLabels.orders(of: classes).map { $0.map { classes[$0] } } == names)
  }
}
