/// Names that exporters write where nobody has named the classes.
package enum PlaceholderLabels {
  /// Whether all labels are a word for "class" and their own number, as in `LABEL_0, LABEL_1`. Bare numbers may be
  /// meant: digits are classes too.
  package static func all(_ labels: [String]) -> Bool {
    guard labels.count > 1 else { return false }
    return labels.enumerated().allSatisfy { index, label in
      ["label", "class", "output"].contains { word in
        ["_", "-", " ", ""].contains { label.lowercased() == "\(word)\($0)\(index)" }
      }
    }
  }
}
