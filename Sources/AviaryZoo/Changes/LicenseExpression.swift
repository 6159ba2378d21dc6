/// A licence as SPDX writes it (SPDX 2.3, annex D): identifiers, `LicenseRef-`s, `+`, and `AND`, `OR`, `WITH` with
/// parentheses between them. The list of identifiers is not compared with.
public enum LicenseExpression {
  private static let operators: Set<String> = ["AND", "OR", "WITH"]

  /// Whether the text has that form.
  public static func isValid(_ text: String) -> Bool {
    var depth = 0
    // Operands and operators take turns.
    var wantsOperand = true
    for token in tokens(text) {
      let isOperator = operators.contains(token.uppercased())
      switch token {
      case "(":
        guard wantsOperand else { return false }
        depth += 1
      case ")":
        guard !wantsOperand, depth > 0 else { return false }
        depth -= 1
      default:
        guard isOperator != wantsOperand, isOperator || isIdentifier(token) else { return false }
        wantsOperand = isOperator
      }
    }
    return !wantsOperand && depth == 0
  }

  private static func tokens(_ text: String) -> [String] {
    var tokens: [String] = []
    var word = ""
    func end() {
      if !word.isEmpty { tokens.append(word) }
      word = ""
    }
    for character in text {
      switch character {
      case " ": end()
      case "(", ")":
        end()
        tokens.append(String(character))
      default: word.append(character)
      }
    }
    end()
    return tokens
  }

  /// `MIT`, `GPL-2.0+`, `LicenseRef-mine`, `DocumentRef-spdx:LicenseRef-mine`.
  private static func isIdentifier(_ token: String) -> Bool {
    let name = token.hasSuffix("+") ? token.dropLast() : token[...]
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count <= 2
      && parts.allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { isWord($0) }
      }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
