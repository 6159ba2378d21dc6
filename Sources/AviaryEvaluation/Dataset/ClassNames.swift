/// The names that data sets and models give to the same facial expression.
///
/// Classes are matched by name, never by position: the same seven come in at least four orders.
public enum ClassNames {
  /// For each canonical name, its synonyms in lower case.
  static let synonyms: [String: [String]] = [
    "angry": ["anger", "ang", "an"],
    "contempt": ["contemptuous", "co"],
    "disgust": ["disgusted", "disgusting", "dis", "di"],
    "fear": ["fearful", "afraid", "scared", "fea", "fe"],
    "happy": ["happiness", "joy", "joyful", "hap", "ha"],
    "neutral": ["neutrality", "calm", "neu", "ne"],
    "sad": ["sadness", "sorrow", "sa"],
    "surprise": ["surprised", "surprising", "sur", "su"],
  ]

  private static let table: [String: String] = {
    var table: [String: String] = [:]
    for (name, others) in synonyms {
      for other in [name] + others { table[other] = name }
    }
    return table
  }()

  /// The one name that stands for all synonyms of `name`; a name without synonyms stands for itself, without
  /// regard to case and outer blanks.
  public static func canonical(_ name: String) -> String {
    var key = name.lowercased()[...]
    while key.first?.isWhitespace == true { key.removeFirst() }
    while key.last?.isWhitespace == true { key.removeLast() }
    return table[String(key)] ?? String(key)
  }

  /// The position in `classes` of the class that `name` means.
  public static func index(of name: String, in classes: [String]) -> Int? {
    let wanted = canonical(name)
    return classes.firstIndex { canonical($0) == wanted }
  }
}
