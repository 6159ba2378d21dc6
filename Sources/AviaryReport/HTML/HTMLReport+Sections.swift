import AviaryEvaluation
import AviaryMetrics

extension HTMLReport {
  func rankingSection(_ section: inout HTML) {
    section.table(
      ranking,
      caption: "Intervals cover 95 %; the best model of each column stands out. ◆: nothing here is both "
        + "more accurate and cheaper (\(report.ranking.paretoCost)).")
    if !comparison.combined.isEmpty {
      section.paragraph(
        "mean and majority are what the models give together, by the mean of their probabilities and by vote; "
          + "oracle is a perfect choice among them, out of reach but a bound.", class: "note")
    }
  }

  private var ranking: Table { report.ranking.shortTable() }

  // MARK: Matrices

  func matrixSection(_ section: inout HTML) {
    section.paragraph(
      "A row is a true class, a column a predicted one; shades are shares of the true class. Click a cell to "
        + "see the pictures behind it.", class: "note")
    section.raw("<div class=\"matrices\">\n")
    for (model, entry) in comparison.entries.enumerated() { section.raw(matrix(model, entry)) }
    section.raw("</div>\n")
  }

  private func matrix(_ model: Int, _ entry: Comparison.Entry) -> String {
    let confusion = entry.summary.confusion
    let shares = confusion.normalized(.true)
    let classes = comparison.classes
    var html =
      "<div class=\"wide\" tabindex=\"0\"><table class=\"matrix\">"
      + HTML.caption("\(entry.name), accuracy \(NumberText.percent(confusion.accuracy, digits: 2))")
    html += "\n<thead><tr><td></td>"
    for name in classes { html += "<th scope=\"col\"><span>\(HTML.text(name))</span></th>" }
    html += "</tr></thead>\n<tbody>\n"
    for (truth, name) in classes.enumerated() {
      html += "<tr><th scope=\"row\">\(HTML.text(name))</th>"
      for predicted in classes.indices {
        let count = confusion[truth: truth, predicted: predicted]
        let share = shares[truth * classes.count + predicted]
        let kind = (truth == predicted ? "right" : "wrong") + (share > 0.5 ? " deep" : "")
        guard count > 0 else {
          html += "<td class=\"\(kind)\">0</td>"
          continue
        }
        let label =
          "\(NumberText.grouped(count)) of \(name) predicted as \(classes[predicted]) by \(entry.name), "
          + NumberText.percent(share, digits: 1)
        html +=
          "<td class=\"\(kind)\" style=\"--v:\(NumberText.fixed(share, digits: 3))\"><button type=\"button\" "
          + "data-m=\"\(model)\" data-t=\"\(truth)\" data-p=\"\(predicted)\" aria-label=\"\(HTML.text(label))\" "
          + "title=\"\(HTML.text(label))\">\(NumberText.grouped(count))</button></td>"
      }
      html += "</tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }

  // MARK: Differences

  func differenceSection(_ section: inout HTML) {
    let titles = [
      "first", "second", "accuracy", "macro F1", "both right", "only first", "only second", "neither", "p",
      "better",
    ]
    section.raw(
      "<div class=\"wide\" tabindex=\"0\"><table>"
        + HTML.caption(
          "First minus second, with 95 % intervals by paired bootstrap; p of McNemar's exact test, corrected over all "
            + "pairs (Holm). Click a number to see the pictures.")
        + "\n"
        + "<thead><tr>"
        + titles.enumerated().map { "<th scope=\"col\"\($0 < 2 ? " class=\"left\"" : "")>\($1)</th>" }.joined()
        + "</tr></thead>\n<tbody>\n")
    let table = report.tables.shortPairs()
    for (index, pair) in comparison.pairs.enumerated() {
      section.raw("<tr>")
      for (column, cell) in table.rows[index].enumerated() {
        let text = HTML.text(cell.shown)
        if (4...7).contains(column), let outcome = PairComparison.Outcome(rawValue: column - 4),
          pair.count(outcome) > 0
        {
          section.raw(
            "<td><button type=\"button\" class=\"link\" data-pair=\"\(pair.first),\(pair.second)\" "
              + "data-outcome=\"\(outcome.rawValue)\">\(text)</button></td>")
        } else {
          section.raw(
            column == 0
              ? "<th scope=\"row\" class=\"left\">\(text)</th>"
              : "<td\(column == 1 ? " class=\"left\"" : "")>\(text)</td>")
        }
      }
      section.raw("</tr>\n")
    }
    section.raw("</tbody></table></div>\n")
    let classes = report.tables.classes(onlySignificant: true)
    if classes.rows.isEmpty {
      section.paragraph("In no single class do two models differ beyond chance.", class: "note")
    } else {
      let caption = "Classes whose recall differs beyond chance, corrected over all classes and pairs"
      if classes.rows.count <= 12 {
        section.table(classes, caption: caption)
      } else {
        section.details("\(classes.rows.count) differences in single classes") { part in
          part.table(classes, caption: caption)
        }
      }
    }
    if comparison.entries.count > 2 {
      section.table(
        report.tables.agreement(),
        caption: "Share predicted alike (above the diagonal), Cohen's kappa (below)")
    }
  }

  // MARK: Data and limits

  func dataSection(_ section: inout HTML) {
    guard let first = comparison.entries.first else { return }
    let confusion = first.summary.confusion
    let total = max(1, confusion.total)
    let rows = comparison.classes.enumerated().map { index, name -> [Table.Cell] in
      [
        .text(name), .integer(confusion.support[index]),
        .number(100 * Double(confusion.support[index]) / Double(total), digits: 1),
      ]
    }
    section.table(
      Table(columns: [.init("class", alignment: .left), .init("samples"), .init("percent")], rows: rows),
      caption:
        "\(NumberText.grouped(confusion.total)) samples, content hash "
        + first.summary.data.contentHash.prefix(16)
    )
    guard let split else { return }
    if let imbalance = split.imbalance {
      section.paragraph(
        "The largest class is \(NumberText.fixed(imbalance, digits: 1)) times the smallest"
          + (imbalance > 3
            ? ": macro-F1 and the rows of the matrices say more than the accuracy, which the large classes make."
            : "."))
    }
    if let distinct = split.distinct {
      let repeats = split.samples - distinct
      section.paragraph(
        repeats == 0
          ? "No two pictures agree in every pixel."
          : "\(NumberText.grouped(distinct)) different pictures: \(NumberText.grouped(repeats)) samples repeat "
            + "another one pixel for pixel (\(split.duplicates.count) groups), "
            + "\(split.contradictions.count) of the groups under more than one class.")
    }
    if let audit { auditSection(audit, &section) }
    for part in added { section.table(part.table, caption: part.title) }
  }

  /// The whole data set: what its splits share, and what that does to the accuracies.
  private func auditSection(_ audit: DataAudit, _ section: inout HTML) {
    let tables = AuditTables(audit)
    section.raw("<h3>Duplicates and leaks</h3>\n")
    section.raw(
      "<ul class=\"findings\">" + tables.sentences().map { "<li>\(HTML.text($0))</li>" }.joined(separator: "\n")
        + "</ul>\n")
    section.table(
      tables.splits(),
      caption: "elsewhere: samples whose picture stands in the other splits, pixel for pixel or nearly (another crop "
        + "or watermark)")
    if audit.info.splits.count > 1 {
      section.table(tables.classes(), caption: "Samples of each class in each split")
    }
    let effects = comparison.entries.compactMap { LeakEffect($0.record, name: $0.name, audit: audit) }
    if effects.contains(where: { $0.exact != nil || $0.near != nil }) {
      section.table(
        tables.effects(effects),
        caption: "Accuracy on all samples, on those that stand in other splits, too, and without them; gain: what the "
          + "leaked ones add. A model that was not trained on the other splits gains what these pictures are easier by.")
    }
    let groups = tables.ordered.count
    guard groups > 0 else { return }
    let limit = 40
    section.details(groups > limit ? "\(limit) of \(NumberText.grouped(groups)) groups" : "\(groups) groups") { part in
      part.table(
        tables.groups(limit: limit),
        caption: "Samples that show one picture, contradictory labels first; 'aviary data audit' lists all")
    }
  }

  func limitSection(_ section: inout HTML) {
    var lines = [
      "Intervals and tests speak of other samples of the same kind: how the models do on other data, other "
        + "cameras or other people is not measured here.",
      "They take samples for independent. Repeated pictures and several pictures of one person make them look "
        + "surer than they are.",
      "Whoever chooses the best of many models on these samples will find it a little worse on new ones.",
      "Times hold for this machine, this number of threads and what else it did.",
    ]
    if let data = comparison.entries.first?.summary.data {
      if data.kind == "fer2013" {
        lines.insert(
          "FER2013's labels are noisy: people agree with them in about 65 ± 5 % of the cases, so that "
            + "accuracies beyond that are partly agreement with the labellers' habits. Some of its test pictures "
            + "stand in its training set, too.", at: 0)
      }
      let evaluated = comparison.entries.first?.summary.samples ?? 0
      if evaluated < data.samples {
        lines.insert(
          "Only \(NumberText.grouped(evaluated)) of the \(NumberText.grouped(data.samples)) samples of the split "
            + "were evaluated.", at: 0)
      }
    }
    section.raw("<ul>" + lines.map { "<li>\(HTML.text($0))</li>" }.joined(separator: "\n") + "</ul>\n")
  }
}
