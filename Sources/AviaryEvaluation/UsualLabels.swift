/// Orders that the labels of others' models commonly have.
public enum UsualLabels {
  /// The order of fer2013.csv.
  public static let fer2013 = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
  /// The same seven sorted, as what reads a folder for each class has them.
  public static let alphabetical = fer2013.sorted()

  /// The usual orders of some classes, as positions in `classes`, the most usual first: that of fer2013.csv where
  /// all of them are there, and the alphabetical one.
  public static func orders(of classes: [String]) -> [[Int]] {
    let ranks = classes.compactMap { fer2013.firstIndex(of: ClassNames.canonical($0)) }
    let sorted = classes.indices.sorted { classes[$0].lowercased() < classes[$1].lowercased() }
    guard ranks.count == classes.count else { return [sorted] }
    let csv = classes.indices.sorted { ranks[$0] < ranks[$1] }
    return csv == sorted ? [csv] : [csv, sorted]
  }
}
