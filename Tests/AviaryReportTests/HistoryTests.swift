import AviaryReport
import Foundation
import Testing

@Suite struct HistoryTests {
  private func history(_ name: String, _ text: String) throws -> TrainingHistory {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return try TrainingHistory(contentsOf: file.path)
  }

  /// The same three epochs as everybody writes them.
  static let files: [(String, String)] = [
    (
      "keras.json",
      #"{"loss": [2, 1.5, 1], "accuracy": [0.2, 0.4, 0.6], "val_loss": [2.5, 1.75, 2], "val_accuracy": [0.25, 0.5, 0.4], "lr": [1, 1, 0.1]}"#
    ),
    (
      "nested.json",
      #"{"params": {"epochs": 3}, "history": {"loss": [2, 1.5, 1], "acc": [0.2, 0.4, 0.6], "val_loss": [2.5, 1.75, 2], "val_acc": [0.25, 0.5, 0.4]}}"#
    ),
    (
      "pandas.json",
      #"{"loss": {"0": 2, "1": 1.5, "2": 1}, "sparse_categorical_accuracy": {"0": 0.2, "1": 0.4, "2": 0.6}, "val_loss": {"0": 2.5, "1": 1.75, "2": 2}, "val_sparse_categorical_accuracy": {"0": 0.25, "1": 0.5, "2": 0.4}}"#
    ),
    (
      "rows.json",
      #"[{"epoch": 1, "train_loss": 2, "train_acc": 20, "valid_loss": 2.5, "valid_acc": 25}, {"epoch": 2, "train_loss": 1.5, "train_acc": 40, "valid_loss": 1.75, "valid_acc": 50}, {"epoch": 3, "train_loss": 1, "train_acc": 60, "valid_loss": 2, "valid_acc": 40}]"#
    ),
    (
      "lines.jsonl",
      """
      {"epoch": 1, "train": {"loss": 2, "accuracy": 0.2}, "val": {"loss": 2.5, "accuracy": 0.25}}
      {"epoch": 2, "train": {"loss": 1.5, "accuracy": 0.4}, "val": {"loss": 1.75, "accuracy": 0.5}}

      {"epoch": 3, "train": {"loss": 1, "accuracy": 0.6}, "val": {"loss": 2, "accuracy": 0.4}}
      """
    ),
    (
      "log.csv",
      "epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.2,2,0.25,2.5\r\n1,0.4,1.5,0.5,1.75\r\n2,0.6,1,0.4,2\r\n"
    ),
    (
      "torch.csv",
      "Epoch, Train Loss, Train Acc, Test Loss, Test Acc\n1,2,20,2.5,25\n2,1.5,40,1.75,50\n3,1,60,2,40\n"
    ),
  ]

  @Test(arguments: files)
  func formats(_ name: String, _ text: String) throws {
    let history = try history(name, text)
    #expect(history.epochs == 3)
    #expect(history.values[.init(.loss, .training)] == [2, 1.5, 1])
    #expect(history.values[.init(.accuracy, .training)] == [0.2, 0.4, 0.6])
    #expect(history.values[.init(.loss, .validation)] == [2.5, 1.75, 2])
    #expect(history.values[.init(.accuracy, .validation)] == [0.25, 0.5, 0.4])
    #expect(history.best(.init(.accuracy, .validation))?.epoch == 2)
    #expect(history.best(.init(.loss, .validation))?.value == 1.75)
    #expect(history.last(.init(.accuracy, .validation)) == 0.4)
  }

  @Test(arguments: [
    ("a.json", "{}"), ("a.json", "[1, 2]"), ("a.json", #"{"lr": [1, 2]}"#), ("a.csv", "a,b\n1,2\n"),
    ("a.csv", ""),
    ("a.txt", "not a history"), ("a.json", #"{"loss": ["x"]}"#),
  ])
  func noHistories(_ name: String, _ text: String) {
    #expect(throws: HistoryError.self) { try history(name, text) }
  }

  @Test func gapsStayGaps() throws {
    let history = try history("a.csv", "epoch,loss,val_loss\n1,3,\n2,2,2.5\n3,nan,2\n")
    #expect(history.values[.init(.loss, .validation)] == [nil, 2.5, 2])
    let chart = try HistoryChart([history], .loss)
    #expect(!chart.svg().contains("nan"))
    #expect(throws: ReportError.self) { try HistoryChart([history], .accuracy) }
  }

  /// A run that diverged, as Python's json, pandas and csv write it.
  static let diverging: [(String, String)] = [
    ("a.json", #"{"loss": [2, NaN, Infinity], "val_accuracy": [0.25, 0.5, NaN], "note": ["NaN", "\" Infinity"]}"#),
    (
      "a.jsonl",
      "{\"epoch\": 1, \"loss\": 2, \"val_accuracy\": 0.25}\n{\"epoch\": 2, \"loss\": NaN, \"val_accuracy\": 0.5}\n"
        + "{\"epoch\": 3, \"loss\": -Infinity, \"val_accuracy\": NaN}\n"
    ),
    ("a.json", #"{"loss": {"0": 2, "1": "nan", "2": "inf"}, "val_accuracy": {"0": 0.25, "1": 0.5, "2": "NaN"}}"#),
    ("a.csv", "epoch,loss,val_accuracy\n1,2,0.25\n2,nan,0.5\n3,inf,nan\n"),
  ]

  @Test(arguments: diverging)
  func runsThatDiverged(_ name: String, _ text: String) throws {
    let run = try history(name, text)
    let (loss, accuracy) = (TrainingHistory.Key(.loss, .training), TrainingHistory.Key(.accuracy, .validation))
    #expect(run.epochs == 3)
    #expect(run.values[loss] == [2, nil, nil] && run.values[accuracy] == [0.25, 0.5, nil])
    #expect(run.diverged == [loss: [2, 3], accuracy: [3]])
    #expect(run.best(loss)?.value == 2 && run.last(accuracy) == 0.5)
    // They are marked, and stretch no axis.
    let chart = try HistoryChart([run], .loss).svg(), heatmap = try HistoryHeatmap([run]).svg()
    for svg in [chart, heatmap] {
      #expect(svg.contains("epoch 3: no finite number"))
      #expect(!svg.contains("nan") && !svg.contains("inf\""))
    }
  }

  @Test func aRunWithoutAnyFiniteValueIsTheWorst() throws {
    let lost = try history("lost.json", #"{"val_accuracy": [NaN, NaN], "val_loss": [NaN, Infinity]}"#)
    let good = try history("good.json", #"{"val_accuracy": [0.1, 0.2], "val_loss": [3, 2]}"#)
    for key in [TrainingHistory.Key(.accuracy, .validation), .init(.loss, .validation)] {
      #expect(HistoryRanking([lost, good], by: key).runs.map(\.name) == ["good", "lost"])
    }
    #expect(try HistoryHeatmap([lost, good]).svg().contains("lost, epoch 1: no finite number"))
    #expect(try HistoryChart([lost], .loss).svg().contains("</svg>"))
    // An epoch that is no number is none.
    #expect(try history("a.csv", "epoch,val_acc\n1,0.3\nnan,0.4\n").epochs == 2)
  }

  /// (file, text, validation accuracies by epoch)
  static let placed: [(String, String, [Double?])] = [
    // Resumed: rows begin at epoch 3.
    ("a.csv", "epoch,val_acc\n3,0.3\n4,0.4\n", [nil, nil, 0.3, 0.4]),
    // Every second epoch, counted from 0.
    ("a.csv", "epoch,val_acc\n0,0.1\n2,0.3\n4,0.5\n", [0.1, nil, 0.3, nil, 0.5]),
    // Went back two epochs after an interruption; what came later counts.
    ("a.csv", "epoch,val_acc\n1,0.1\n2,0.2\n3,0.9\n2,0.25\n3,0.35\n4,0.4\n", [0.1, 0.25, 0.35, 0.4]),
    // The trainer of transformers: steps and evaluations in rows of their own.
    (
      "trainer_state.json",
      #"{"log_history": [{"epoch": 0.5, "loss": 2, "step": 1}, {"epoch": 1.0, "eval_accuracy": 0.4, "step": 2}, {"epoch": 1.5, "loss": 1, "step": 3}, {"epoch": 2.0, "eval_accuracy": 0.6, "step": 4}]}"#,
      [0.4, 0.6]
    ),
    // No epochs: something else, or a row without.
    ("a.csv", "epoch,val_acc\n1764450000,0.3\n1764450060,0.4\n", [0.3, 0.4]),
    ("a.csv", "epoch,val_acc\n-1,0.3\n0,0.4\n", [0.3, 0.4]), ("a.csv", "epoch,val_acc\n5,0.3\n,0.4\n", [0.3, 0.4]),
  ]

  @Test(arguments: placed)
  func rowsGoToTheirEpochs(_ name: String, _ text: String, _ accuracies: [Double?]) throws {
    let history = try history(name, text)
    #expect(history.values[.init(.accuracy, .validation)] == accuracies)
    #expect(history.epochs == accuracies.count)
    #expect(try HistoryHeatmap([history]).svg().contains("</svg>"))
  }

  @Test func ranksRuns() throws {
    func run(_ name: String, _ accuracy: [Double?]) throws -> TrainingHistory {
      try #require(TrainingHistory(name: name, columns: ["val_acc": accuracy]))
    }
    let runs = [try run("middle", [0.1, 0.5]), try run("worst", [0.4, 0.3]), try run("best", [0.9, nil])]
    let key = try #require(HistoryRanking.key(of: runs))
    #expect(key == .init(.accuracy, .validation))
    #expect(HistoryRanking(runs, by: key).runs.map(\.name) == ["best", "middle", "worst"])
    let heatmap = try HistoryHeatmap(runs).svg()
    let order = ["best", "middle", "worst"].compactMap { heatmap.range(of: ">\($0)<")?.lowerBound }
    #expect(order.count == 3 && order == order.sorted())
    // Five values, five cells; one document that the renderer takes.
    #expect(heatmap.components(separatedBy: "<title>").count - 2 == 5)
    #expect(try HistoryHeatmap(runs).png().count > 1000)
    #expect(try HistoryChart(runs, .accuracy).png().count > 1000)
  }
}
