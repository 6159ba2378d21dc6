import AviaryEvaluation
import AviaryMetrics

/// What an audit of a data set found, as tables and sentences.
public struct AuditTables: Sendable {
  public let audit: DataAudit

  public init(_ audit: DataAudit) { self.audit = audit }

  /// A row per split: size, balance, what stands elsewhere too.
  public func splits() -> Table {
    var table = Table(columns: [
      .init("split", alignment: .left), .init("samples"), .init("different"),
      .init("largest : smallest class"),
      .init("also elsewhere"), .init("nearly elsewhere"), .init("under another label"),
      .init("elsewhere", alignment: .left),
    ])
    let leaks = Dictionary(audit.leaks.map { ($0.split, $0) }, uniquingKeysWith: { first, _ in first })
    for split in audit.info.splits {
      let leak = leaks[split.name]
      table.rows.append([
        .text(split.name), .integer(split.samples), .integer(split.distinct),
        audit.imbalance[split.name].map { .number($0, digits: 1) } ?? .missing,
        leak.map { .integer($0.exact) } ?? .missing, leak?.near.map { .integer($0) } ?? .missing,
        leak.map { .integer($0.contradictory) } ?? .missing,
        .text(leak?.others.joined(separator: ", ") ?? "–"),
      ])
    }
    return table
  }

  /// A row per class, a column per split.
  public func classes() -> Table {
    var table = Table(columns: [.init("class", alignment: .left)] + audit.info.splits.map { .init($0.name) })
    for (index, name) in audit.info.classes.enumerated() {
      table.rows.append(
        [.text(name)]
          + audit.info.splits.map { .integer($0.counts.indices.contains(index) ? $0.counts[index] : 0) })
    }
    return table
  }

  /// A row per model: its accuracy on all samples, on those that stand elsewhere, and without them.
  public func effects(_ effects: [LeakEffect]) -> Table {
    var table = Table(columns: [
      .init("model", alignment: .left), .init("all"), .init("95 %"), .init("leaked"), .init("nearly leaked"),
      .init("without leaked"), .init("without either"), .init("95 % without"), .init("gain in points"),
    ])
    func share(_ part: LeakEffect.Part?) -> Table.Cell {
      part.map { .number($0.accuracy, digits: 4) } ?? .missing
    }
    func range(_ part: LeakEffect.Part?) -> Table.Cell {
      part.map {
        .text(
          "\(NumberText.fixed($0.interval.lower, digits: 3))–\(NumberText.fixed($0.interval.upper, digits: 3))"
        )
      } ?? .missing
    }
    for effect in effects {
      table.rows.append([
        .text(effect.model), share(effect.all), range(effect.all), share(effect.exact), share(effect.near),
        share(effect.withoutExact), share(effect.clean), range(effect.clean),
        effect.gain.map { .number(100 * $0, digits: 2) } ?? .missing,
      ])
    }
    return table
  }

  /// A row per sample of each group, at most `limit` groups: contradictory ones first, then those across
  /// splits.
  public func groups(limit: Int = .max) -> Table {
    var table = Table(columns: [
      .init("group"), .init("likeness", alignment: .left), .init("split", alignment: .left),
      .init("label", alignment: .left), .init("sample", alignment: .left),
    ])
    for (number, group) in ordered.prefix(limit).enumerated() {
      let likeness = group.isExact ? "exact" : NumberText.fixed(group.similarity, digits: 3)
      for sample in group.samples {
        table.rows.append([
          .integer(number + 1), .text(likeness), .text(sample.split), .text(sample.label), .text(sample.id),
        ])
      }
    }
    return table
  }

  /// Groups, the most troublesome first.
  public var ordered: [DataAudit.Group] {
    audit.groups.enumerated().sorted { a, b in
      func rank(_ group: DataAudit.Group) -> (Int, Int) {
        (group.isContradictory ? 0 : 1, group.splits.count > 1 ? 0 : 1)
      }
      return rank(a.element) == rank(b.element) ? a.offset < b.offset : rank(a.element) < rank(b.element)
    }.map(\.element)
  }

  /// What was found, a sentence each.
  public func sentences() -> [String] {
    func count(_ value: Int) -> String { NumberText.grouped(value) }
    var lines: [String] = []
    for leak in audit.leaks where leak.exact > 0 || (leak.near ?? 0) > 0 {
      var line =
        "\(count(leak.exact)) of the \(count(leak.samples)) samples of '\(leak.split)' stand pixel for pixel in "
        + "\(leak.others.joined(separator: ", ")) too, as \(count(leak.exactElsewhere)) samples there; "
        + "\(count(leak.contradictory)) under another label"
      if let near = leak.near { line += ". \(count(near)) further ones stand there nearly the same" }
      lines.append(line + ".")
    }
    let exact = audit.groups.filter(\.isExact)
    let near = audit.groups.filter { !$0.isExact }
    let contradictory = audit.groups.count(where: \.isContradictory)
    lines.append(
      "\(count(exact.count)) groups of samples agree in every pixel"
        + (audit.skippedNear == nil ? ", \(count(near.count)) further ones nearly" : "")
        + "; \(count(contradictory)) of the groups stand under more than one label.")
    if let reason = audit.skippedNear { lines.append("Near duplicates were not looked for: \(reason).") }
    for split in audit.info.splits {
      guard let imbalance = audit.imbalance[split.name], imbalance >= 3 else { continue }
      lines.append(
        "In '\(split.name)' the largest class is \(NumberText.fixed(imbalance, digits: 1)) times the smallest."
      )
    }
    return lines
  }
}
