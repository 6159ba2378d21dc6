extension ConfusionMatrixChart {
  /// Where the parts of the picture lie, by the number of classes and the length of their names.
  struct Layout {
    static let titleSize = 19.0
    static let subtitleSize = 12.5
    /// The widest label; longer ones are cut.
    static let maximumLabel = 190.0

    let classes: Int
    /// The side of a cell.
    let cell: Double
    let margin = 20.0
    let left: Double
    let top = 72.0
    let labelSize: Double
    /// Every how many classes are labelled.
    let labelStep: Int
    /// Whether the labels of columns are too long to stand upright beside each other.
    let slanted: Bool
    let width: Double
    let height: Double

    var side: Double { cell * Double(classes) }
    var gap: Double { cell >= 24 ? 2 : 0 }
    var hasCounts: Bool { cell >= 22 }
    var hasPercent: Bool { cell >= 38 }
    var countSize: Double { cell >= 64 ? 16 : cell >= 48 ? 14 : cell >= 38 ? 12 : 10 }
    var percentSize: Double { cell >= 64 ? 12 : cell >= 48 ? 11 : 9.5 }

    init(labels: [String], title: String, subtitle: String) {
      classes = max(1, labels.count)
      cell =
        switch classes {
        case ...4: 96
        case ...8: 76
        case ...12: 64
        case ...20: 50
        case ...40: 42
        case ...60: 28
        default: max(1, 1400 / Double(classes))
        }
      labelSize = cell >= 64 ? 14 : cell >= 42 ? 12.5 : 11
      labelStep = max(1, Int((labelSize * 1.2 / cell).rounded(.up)))
      let size = labelSize
      let widest = min(
        Self.maximumLabel,
        labels.map { TextFit.width(DisplayText.singleLine($0), size: size) }.max() ?? 0)
      slanted = widest > cell * Double(labelStep) - 6
      left = margin + 18 + widest + 8

      let side = cell * Double(classes)
      let right = 22 + 14 + 62 + margin
      let titles = max(
        TextFit.width(title, size: Self.titleSize, bold: true),
        TextFit.width(subtitle, size: Self.subtitleSize))
      // Long titles widen a small picture, within reason; beyond that they are cut.
      width = max(left + side + right, min(titles + 2 * margin, 900)).rounded(.up)
      let labelHeight = slanted ? widest * 0.71 + labelSize + 8 : labelSize + 12
      height = (top + max(side, 60) + labelHeight + 40).rounded(.up)
    }
  }
}
