/// One question put to a plugin.
struct PluginProbe {
  /// What is asked: `operator com.example.Foo`.
  let subject: String
  /// What for: `run: float 2x3, float 2x3`.
  let name: String
  /// Whether a working plugin has a good answer: of several sane questions one must get it.
  let isSane: Bool
  /// - Throws: `CallFailure`: a refusal is an answer, a broken contract is a problem.
  let ask: () throws(CallFailure) -> Void

  init(_ subject: String, _ name: String, sane: Bool, ask: @escaping () throws(CallFailure) -> Void) {
    self.subject = subject
    self.name = name
    isSane = sane
    self.ask = ask
  }
}

/// What came of a probe.
package struct PluginFinding: Sendable, Codable, Equatable {
  package enum Outcome: String, Sendable, Codable {
    /// It did what was asked.
    case ok
    /// It said no, properly.
    case refused
    /// It did what a plugin must not do.
    case problem
  }

  package let subject: String
  package let probe: String
  package let isSane: Bool
  package let outcome: Outcome
  package let message: String

  package init(subject: String, probe: String, isSane: Bool, outcome: Outcome, message: String) {
    self.subject = subject
    self.probe = probe
    self.isSane = isSane
    self.outcome = outcome
    self.message = message
  }
}

/// Calls everything in a plugin with sane and insane input.
///
/// The order of the probes depends on nothing but the plugin, so that whoever runs them in a process of their
/// own can go on behind one that ended it.
package struct PluginChecker {
  private let probes: [PluginProbe]

  /// - Parameter data: paths that the plugin's data sets are opened with.
  package init(_ plugin: DynamicPlugin, data: [String] = []) {
    probes =
      plugin.operators.flatMap { OperatorProbes($0).all } + plugin.steps.flatMap(stepProbes)
      + plugin.detectors.flatMap(detectorProbes)
      + plugin.datasets.flatMap { datasetProbes($0, paths: data) }
  }

  package var count: Int { probes.count }

  /// How a probe is called before it has been tried.
  package func title(_ index: Int) -> (subject: String, probe: String)? {
    probes.indices.contains(index) ? (probes[index].subject, probes[index].name) : nil
  }

  /// Tries one probe; `nil` beyond the last.
  package func finding(_ index: Int) -> PluginFinding? {
    guard probes.indices.contains(index) else { return nil }
    let probe = probes[index]
    func finding(_ outcome: PluginFinding.Outcome, _ message: String) -> PluginFinding {
      PluginFinding(
        subject: probe.subject, probe: probe.name, isSane: probe.isSane, outcome: outcome, message: message)
    }
    do throws(CallFailure) {
      try probe.ask()
      return finding(.ok, "")
    } catch {
      switch error {
      case .refused(_, let text), .resource(let text): return finding(.refused, text)
      case .broken(let text): return finding(.problem, text)
      }
    }
  }
}

extension [PluginFinding] {
  /// What is wrong besides single answers: something that refuses every sane question.
  package var summaryProblems: [PluginFinding] {
    var subjects: [String] = []
    for finding in self where finding.isSane && !subjects.contains(finding.subject) {
      subjects.append(finding.subject)
    }
    return subjects.compactMap { subject in
      let sane = filter { $0.subject == subject && $0.isSane }
      guard let first = sane.first, sane.allSatisfy({ $0.outcome == .refused }) else { return nil }
      return PluginFinding(
        subject: subject, probe: "all sane input", isSane: true, outcome: .refused,
        message: "was refused, so nothing of it has been seen to work; the first reason: \(first.message)")
    }
  }
}
