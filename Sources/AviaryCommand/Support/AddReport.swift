import Aviary

/// What `zoo add` found and did.
struct AddReport: Encodable {
  /// As the user named it.
  let source: String
  let proposal: ModelProposal
  let manifest: ModelManifest
  let outcome: DataTrial.Outcome?
  /// The new folder; `nil` for a dry run.
  let folder: String?

  private var finding: ContractFinding? { outcome?.finding }

  private enum CodingKeys: String, CodingKey {
    case id, family, variant, assumed, added, manifest, trial, leftOut, warnings
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(manifest.id, forKey: .id)
    try container.encode(proposal.family?.family, forKey: .family)
    try container.encode(proposal.family?.variant, forKey: .variant)
    try container.encode(proposal.assumption, forKey: .assumed)
    try container.encode(folder, forKey: .added)
    try container.encode(manifest, forKey: .manifest)
    try container.encodeIfPresent(finding, forKey: .trial)
    try container.encodeIfPresent(outcome?.leftOut, forKey: .leftOut)
    try container.encode(warnings, forKey: .warnings)
  }

  var warnings: [String] {
    var warnings = proposal.contradictions
    if let finding, !finding.isConclusive {
      warnings.append(
        "no way to feed the pictures makes the model recognise them (best \(percent(finding.accuracy)) of "
          + "\(finding.samples)): input and labels are as assumed, not as tried")
    }
    if let wrong = finding?.mistakes.first(where: { $0.part == .labels }) {
      warnings.append(
        "the label order is wrong: given was \(wrong.assumed); \(wrong.found) fits: \(percent(wrong.before)) -> "
          + percent(wrong.after)
          + (keepsWrongLabels ? " (kept as given, --keep-labels)" : ""))
    }
    if manifest.license == ZooAddition.unknownLicense {
      warnings.append("nobody has said under which licence the model may be used (--license)")
    }
    return warnings
  }

  var text: String {
    var facts: [(String, String)] = [
      ("model", source),
      (
        "family",
        proposal.family.map { "\($0.family): \($0.variant)" }
          ?? "unknown" + (proposal.familyProblem.map { " (\($0))" } ?? "")
      ),
      ("assumed", proposal.assumption),
    ]
    guard let finding else {
      facts += result
      return alignedPairs(facts)
    }
    let sure =
      finding.interval.map {
        " (95 % interval \(percent($0.lower)) to \(percent($0.upper)))"
      } ?? ""
    facts.append(("tried", "\(finding.trials.count) ways on \(grouped(finding.samples)) pictures"))
    for left in outcome?.leftOut ?? [] {
      facts.append(
        ("left out", "\(grouped(left.pictures)) pictures of \(left.name): the model has no such class"))
    }
    if finding.isConclusive {
      facts.append(("fits", "\(finding.variant.description): \(percent(finding.accuracy))\(sure)"))
      for mistake in finding.mistakes { facts.append(("diagnosis", sentence(mistake))) }
      if finding.mistakes.isEmpty { facts.append(("diagnosis", "what was assumed is right")) }
      if let doubt = finding.weakestLabels { facts.append(("labels", labelCertainty(doubt, finding))) }
    }
    for doubt in finding.doubts { facts.append(("open", doubt)) }
    return trialTable(finding) + "\n\n" + alignedPairs(facts + result)
  }

  private var result: [(String, String)] {
    let input = manifest.input
    return [
      (
        "input",
        "\(input.width)x\(input.height) \(input.channels.rawValue), \(input.formula), "
          + InputVariant.name(of: input.resize)
      ),
      ("output", "\(manifest.output.kind.rawValue) of \(manifest.output.labels.joined(separator: ", "))"),
      (folder == nil ? "not added" : "added", folder ?? "dry run"),
    ]
  }

  private func trialTable(_ finding: ContractFinding) -> String {
    var table = TextTable([
      ("fed", .left), ("pictures", .right), ("accuracy", .right), ("p against the proposed", .right),
    ])
    for trial in finding.trials {
      table.add([
        trial.name, "\(trial.samples)", percent(trial.accuracy),
        trial.name == finding.variant.description ? "proposed" : probability(trial.pValue),
      ])
    }
    return table.text
  }

  private func sentence(_ mistake: ContractFinding.Mistake) -> String {
    let change = "\(percent(mistake.before)) -> \(percent(mistake.after))"
    switch mistake.part {
    case .numbers: return "input was fed \(mistake.assumed), the model expects \(mistake.found): \(change)"
    case .channels: return "channels were \(mistake.assumed), the model expects \(mistake.found): \(change)"
    case .resize: return "pictures were \(mistake.assumed), the model expects \(mistake.found): \(change)"
    case .labels: return "labels were \(mistake.assumed), they are \(mistake.found): \(change)"
    }
  }

  private func labelCertainty(_ doubt: LabelFit.Doubt, _ finding: ContractFinding) -> String {
    let pair = "\(finding.classes[doubt.first]) and \(finding.classes[doubt.second])"
    if keepsWrongLabels { return "kept as given (--keep-labels), although another order fits better" }
    if doubt.pValue < 0.01 { return "their order is sure; least so \(pair), p \(comparison(doubt.pValue))" }
    let reason =
      switch finding.labelSource {
      case .given: "the order is as given"
      case .usual: "the order is a usual one"
      case .pictures: "the order is the one that fits best"
      }
    return "not sure: \(reason), but \(pair) may be exchanged (p = \(probability(doubt.pValue))); more pictures "
      + "would tell"
  }

  /// Whether the pictures say that the written labels are wrong.
  private var keepsWrongLabels: Bool {
    finding?.labelSource == .given && finding?.mistakes.contains { $0.part == .labels } == true
  }

  private func percent(_ value: Double) -> String { "\(fixed(100 * value, 1)) %" }
  private func probability(_ value: Double) -> String {
    value < 1e-12 ? "< 1e-12" : value < 0.001 ? scientific(value) : fixed(value, 3)
  }
  private func comparison(_ value: Double) -> String {
    let text = probability(value)
    return text.hasPrefix("<") ? text : "= \(text)"
  }
  private func scientific(_ value: Double) -> String {
    var (mantissa, exponent) = (value, 0)
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return "\(fixed(mantissa, 1))e\(exponent)"
  }
}
