import Aviary
import AviaryCore
import AviaryRuntime
import Foundation
import Testing
import TestSupport

/// The ONNX backend suite against the committed lists of what passes and what does not, and why.
///
/// `Tests/Peers/onnx_suite.py` lays the suite out (`make suite`). Every case stands in exactly one list. A listed
/// case that fails is a regression; one that passes must be listed, so that the list only grows:
/// `AVIARY_UPDATE_PASSING=1 swift test ... --filter Conformance` writes passing.txt and the table in README.md
/// anew. `AVIARY_SCORES=1` prints the table.
@Suite struct ConformanceTests {
  private static let folder = Locations.root.appendingPathComponent("Tests/AviaryConformanceTests")
  private static let list = folder.appendingPathComponent("passing.txt")

  private static func outcomes(_ options: SessionOptions) throws -> [String: SuiteCase.Outcome]? {
    guard let suite = Locations.onnxSuite else {
      print("ONNX suite: not run, .cache/onnx-suite is absent (make suite)")
      return nil
    }
    let cases = try SuiteCase.all(in: suite)
    // All operators that ship, those of plugins too.
    var options = options
    options.registry = try BuiltinPlugins.registry().operators
    let all = options
    let outcomes = Guarded<[String: SuiteCase.Outcome]>([:])
    DispatchQueue.concurrentPerform(iterations: cases.count) { index in
      let outcome = cases[index].run(all)
      outcomes.withLock { $0[cases[index].id] = outcome }
    }
    return outcomes.withLock { $0 }
  }

  private static func lines(_ name: String) throws -> [String] {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n").map(String.init)
  }

  /// Case and reason of each line of failing.txt, `case: reason`.
  private static func failing() throws -> [(id: String, reason: String)] {
    try lines("failing.txt").map { line in
      let parts = line.components(separatedBy: ": ")
      return (parts[0], parts.dropFirst().joined(separator: ": "))
    }
  }

  @Test func whatPassedStillPassesAndWhatPassesIsListed() throws {
    guard let outcomes = try Self.outcomes(SessionOptions()) else { return }
    let passing = outcomes.filter { $0.value == .passed }.keys.sorted()
    let environment = ProcessInfo.processInfo.environment
    if environment["AVIARY_UPDATE_PASSING"] != nil {
      try (passing.joined(separator: "\n") + "\n").write(to: Self.list, atomically: true, encoding: .utf8)
      try Scores(outcomes).markdown(failing: Self.failing())
        .write(to: Self.folder.appendingPathComponent("README.md"), atomically: true, encoding: .utf8)
    }
    if environment["AVIARY_SCORES"] != nil { print(try Scores(outcomes).table) }
    let listed = try Self.lines("passing.txt")
    #expect(listed == listed.sorted(), "passing.txt is not sorted")
    #expect(listed.count >= 1781)
    for id in listed where outcomes[id] != .passed {
      Issue.record("\(id) is listed and does not pass: \(outcomes[id].map { "\($0)" } ?? "not in the suite")")
    }
    let unlisted = Set(passing).subtracting(listed).sorted()
    #expect(unlisted.isEmpty, "these pass and are not in passing.txt: \(unlisted.joined(separator: " "))")
    print("ONNX suite: \(passing.count) of \(outcomes.count) cases pass")
  }

  @Test func everyCaseThatDoesNotPassHasAReason() throws {
    guard let suite = Locations.onnxSuite else { return }
    let failing = try Self.failing()
    #expect(failing.allSatisfy { !$0.reason.isEmpty }, "failing.txt has a case without a reason")
    let (passing, without) = (Set(try Self.lines("passing.txt")), Set(failing.map(\.id)))
    #expect(passing.isDisjoint(with: without))
    #expect(passing.union(without) == Set(try SuiteCase.all(in: suite).map(\.id)))
  }

  @Test func theTableByOperatorIsWhatTheListsSay() throws {
    guard Locations.onnxSuite != nil else { return }
    let passing = Set(try Self.lines("passing.txt"))
    var outcomes: [String: SuiteCase.Outcome] = [:]
    for id in try Scores.operators().keys { outcomes[id] = passing.contains(id) ? .passed : .failed("") }
    let written = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(try Scores(outcomes).markdown(failing: Self.failing()) == written, "write it anew: AVIARY_UPDATE_PASSING=1")
  }

  @Test func passesDoNotChangeWhatPasses() throws {
    var options = SessionOptions()
    options.optimize = false
    guard let outcomes = try Self.outcomes(options) else { return }
    for id in try Self.lines("passing.txt") where outcomes[id] != .passed {
      Issue.record("\(id) does not pass without passes: \(outcomes[id].map { "\($0)" } ?? "not in the suite")")
    }
  }
}
