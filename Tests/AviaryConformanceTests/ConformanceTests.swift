import Aviary
import AviaryCore
import AviaryRuntime
import Foundation
import Testing
import TestSupport

/// The ONNX backend suite against the committed list of what passes.
///
/// `Tests/Peers/onnx_suite.py` lays the suite out (`make suite`). A listed case that fails is a regression; an
/// unlisted one that passes must be added, so that the list only grows:
/// `AVIARY_UPDATE_PASSING=1 swift test ... --filter Conformance` writes it anew.
@Suite struct ConformanceTests {
  private static let list = Locations.root.appendingPathComponent("Tests/AviaryConformanceTests/passing.txt")

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

  @Test func whatPassedStillPassesAndWhatPassesIsListed() throws {
    guard let outcomes = try Self.outcomes(SessionOptions()) else { return }
    let passing = outcomes.filter { $0.value == .passed }.keys.sorted()
    if ProcessInfo.processInfo.environment["AVIARY_UPDATE_PASSING"] != nil {
      try (passing.joined(separator: "\n") + "\n").write(to: Self.list, atomically: true, encoding: .utf8)
    }
    let listed = try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(listed == listed.sorted(), "passing.txt is not sorted")
    #expect(listed.count >= 850)
    for id in listed where outcomes[id] != .passed {
      Issue.record("\(id) is listed and does not pass: \(outcomes[id].map { "\($0)" } ?? "not in the suite")")
    }
    let unlisted = Set(passing).subtracting(listed).sorted()
    #expect(unlisted.isEmpty, "these pass and are not in passing.txt: \(unlisted.joined(separator: " "))")
    print("ONNX suite: \(passing.count) of \(outcomes.count) cases pass")
  }

  @Test func passesDoNotChangeWhatPasses() throws {
    var options = SessionOptions()
    options.optimize = false
    guard let outcomes = try Self.outcomes(options) else { return }
    let listed = try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n").map(String.init)
    for id in listed where outcomes[id] != .passed {
      Issue.record("\(id) does not pass without passes: \(outcomes[id].map { "\($0)" } ?? "not in the suite")")
    }
  }
}
