import AviaryCore

/// A parsed Einsum equation: one letter per axis. Axes that an ellipsis stands for get letters of their own.
struct EinsumEquation: Sendable {
  enum Term: Hashable, Sendable {
    case letter(Character)
    case ellipsis
  }

  let inputs: [[Term]]
  let output: [Term]

  /// - Throws: `ImportError` (`invalidAttribute`) for an equation that cannot be read.
  init(_ text: String) throws(ImportError) {
    let sides = text.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
    guard let left = sides.first, sides.count <= 2 else { throw Self.error(text) }
    var inputs: [[Term]] = []
    for part in left.split(separator: ",", omittingEmptySubsequences: false) {
      inputs.append(try Self.terms(part, text))
    }
    self.inputs = inputs
    if sides.count == 2 {
      output = try Self.terms(sides[1], text)
      guard Set(output).count == output.count,
        output.allSatisfy({ inputs.joined().contains($0) || $0 == .ellipsis })
      else { throw Self.error(text) }
    } else {
      // Without an arrow: what occurs once, in alphabetical order, after the ellipsis.
      let letters = inputs.joined().compactMap { if case .letter(let letter) = $0 { letter } else { nil } }
      let single = Set(letters).filter { letter in letters.count { $0 == letter } == 1 }.sorted()
      output = (inputs.joined().contains(.ellipsis) ? [.ellipsis] : []) + single.map { .letter($0) }
    }
  }

  private static func error(_ text: String) -> ImportError {
    ImportError(.invalidAttribute, "equation '\(text)' cannot be read")
  }

  private static func terms(_ part: Substring, _ text: String) throws(ImportError) -> [Term] {
    var terms: [Term] = []
    var rest = part
    while let first = rest.first {
      if rest.hasPrefix("..."), !terms.contains(.ellipsis) {
        terms.append(.ellipsis)
        rest = rest.dropFirst(3)
      } else if first.isLetter, first.isASCII {
        terms.append(.letter(first))
        rest = rest.dropFirst()
      } else {
        throw error(text)
      }
    }
    return terms
  }

  /// The labels of every operand's axes and of the output's, for operands of these ranks. Letters are their
  /// code points; the axes of ellipses are negative, the last one -1, so that they align from the back.
  func labels(ranks: [Int]) throws(OperatorError) -> (inputs: [[Int]], output: [Int]) {
    guard ranks.count == inputs.count else {
      throw .invalid("the equation names \(inputs.count) operands, the node has \(ranks.count)")
    }
    var widest = 0
    var lists: [[Int]] = []
    for (terms, rank) in zip(inputs, ranks) {
      let letters = terms.count { $0 != .ellipsis }
      let open = rank - letters
      guard terms.contains(.ellipsis) ? open >= 0 : open == 0 else {
        throw .invalid("an operand of rank \(rank) for \(letters) letters")
      }
      widest = max(widest, open)
      lists.append(Self.expanded(terms, open))
    }
    return (lists, Self.expanded(output, output.contains(.ellipsis) ? widest : 0))
  }

  private static func expanded(_ terms: [Term], _ open: Int) -> [Int] {
    terms.flatMap { term -> [Int] in
      switch term {
      case .letter(let letter): [Int(letter.unicodeScalars.first?.value ?? 0)]
      case .ellipsis: (0..<open).map { $0 - open }
      }
    }
  }
}
