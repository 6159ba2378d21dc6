import AviaryCore

/// How often each n-gram of a pool occurs in a row of tokens (`TF`), whether it occurs (`IDF`), or how often
/// (`TFIDF`), the latter two times the n-gram's weight.
///
/// ONNX `TfIdfVectorizer`, all versions. Tokens are strings or integers; those of an n-gram may stand up to
/// `max_skip_count` others apart, all at the same distance.
struct TfIdfVectorizer: Operator {
  static let id = OperatorID("TfIdfVectorizer")
  static let opsets = 9...Opset.latest

  private enum Mode { case count, weight, weightedCount }

  private let mode: Mode
  private let pool: NGramPool
  private let lengths: ClosedRange<Int>
  private let skips: Int
  /// Place in a row of the result, of each n-gram.
  private let places: [Int]
  private let weights: [Float]
  private let width: Int

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    switch try attributes.string("mode").required("mode") {
    case "TF": mode = .count
    case "IDF": mode = .weight
    case "TFIDF": mode = .weightedCount
    case let other: throw ImportError(.invalidAttribute, "attribute 'mode' is '\(other)', must be TF, IDF or TFIDF")
    }
    let shortest = try attributes.int("min_gram_length").required("min_gram_length")
    let longest = try attributes.int("max_gram_length").required("max_gram_length")
    skips = try attributes.int("max_skip_count").required("max_skip_count")
    guard shortest > 0, shortest <= longest, skips >= 0, skips < Int.max else {
      throw ImportError(.invalidAttribute, "min_gram_length, max_gram_length and max_skip_count do not fit")
    }
    let starts = try attributes.ints("ngram_counts").required("ngram_counts")
    guard shortest <= starts.count, longest <= starts.count else {
      throw ImportError(.invalidAttribute, "ngram_counts has \(starts.count) entries, max_gram_length is \(longest)")
    }
    lengths = shortest...longest
    places = try attributes.ints("ngram_indexes").required("ngram_indexes")
    weights = try attributes.floats("weights") ?? []
    guard let largest = places.max(), places.allSatisfy({ $0 >= 0 }), largest < Int.max else {
      throw ImportError(.invalidAttribute, "ngram_indexes is empty or holds a negative number")
    }
    width = largest + 1
    guard weights.isEmpty || weights.count == places.count else {
      throw ImportError(.invalidAttribute, "\(weights.count) weights for \(places.count) n-grams")
    }
    let words = try attributes.strings("pool_strings") ?? []
    let numbers = try attributes.ints("pool_int64s") ?? []
    guard words.isEmpty != numbers.isEmpty else {
      throw ImportError(.invalidAttribute, "one of pool_strings and pool_int64s is needed, and not both")
    }
    pool = words.isEmpty
      ? try NGramPool(numbers.map { .integer(Int64($0)) }, starts: starts, lengths: lengths, most: places.count)
      : try NGramPool(words.map { .text($0) }, starts: starts, lengths: lengths, most: places.count)
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let type = try checkedType(inputs, 0, [.string, .int32, .int64])
    if let type { try check(type) }
    guard let dims = try inputs.required(0).shape.dims else { return [ValueInfo(.float, .unknown)] }
    guard dims.count == 1 || dims.count == 2 else { throw .rank(dims.count, input: 0, needs: "1 or 2") }
    return [ValueInfo(.float, SymbolicShape(dims.dropLast() + [.known(width)]))]
  }

  private func check(_ type: ElementType) throws(OperatorError) {
    guard (type == .string) == pool.holdsText else { throw .type(type, input: 0) }
  }

  func run(_ context: RunContext) throws(OperatorError) {
    let input = try context.input(0)
    guard [.string, .int32, .int64].contains(input.elementType) else { throw .type(input.elementType, input: 0) }
    try check(input.elementType)
    let dims = input.shape.dims
    guard dims.count == 1 || dims.count == 2 else { throw .rank(dims.count, input: 0, needs: "1 or 2") }
    let (rows, columns) = dims.count == 1 ? (1, dims[0]) : (dims[0], dims[1])
    let tokens = try lookupKeys(input, input: 0).map { pool.number(of: $0) }
    let result = try context.make(0, dims.dropLast() + [width], as: Float.self)
    result.update(repeating: 0)
    for row in 0..<rows {
      var counts = [Int](repeating: 0, count: places.count)
      count(tokens[row * columns..<(row + 1) * columns], into: &counts)
      for (gram, count) in counts.enumerated() where count > 0 {
        let weight = weights.isEmpty ? 1 : weights[gram]
        switch mode {
        case .count: result[row * width + places[gram]] += Float(count)
        case .weight: result[row * width + places[gram]] = weight
        case .weightedCount: result[row * width + places[gram]] += Float(count) * weight
        }
      }
    }
  }

  private func count(_ tokens: ArraySlice<Int>, into counts: inout [Int]) {
    // Beyond the row's length no distance fits an n-gram of two.
    for distance in 1...max(1, min(skips + 1, tokens.count)) {
      // Single tokens do not depend on the distance: they are counted once.
      let shortest = max(lengths.lowerBound, distance == 1 ? 1 : 2)
      guard shortest <= lengths.upperBound else { break }
      for start in tokens.indices {
        var node = 0
        var length = 1
        var place = start
        while length <= lengths.upperBound, place < tokens.endIndex, let next = pool.child(of: node, tokens[place]) {
          node = next
          if length >= shortest, let gram = pool.gram(at: node) { counts[gram] += 1 }
          length += 1
          place += distance
        }
      }
    }
  }
}

/// N-grams as a tree of tokens.
private struct NGramPool: Sendable {
  private struct Step: Hashable {
    let node: Int
    let token: Int
  }

  let holdsText: Bool
  private var numbers: [LookupKey: Int] = [:]
  private var steps: [Step: Int] = [:]
  private var grams: [Int?] = [nil]

  /// - Parameter starts: where 1-grams, 2-grams, ... begin in `tokens`.
  init(_ tokens: [LookupKey], starts: [Int], lengths: ClosedRange<Int>, most: Int) throws(ImportError) {
    if case .text? = tokens.first { holdsText = true } else { holdsText = false }
    var gram = 0
    for (index, start) in starts.enumerated() {
      let (end, length) = (index + 1 < starts.count ? starts[index + 1] : tokens.count, index + 1)
      guard start >= 0, start <= end, end <= tokens.count, (end - start).isMultiple(of: length) else {
        throw ImportError(.invalidAttribute, "ngram_counts does not fit a pool of \(tokens.count)")
      }
      for first in stride(from: start, to: end, by: length) {
        guard gram < most else { throw ImportError(.invalidAttribute, "there are more n-grams than ngram_indexes") }
        if lengths.contains(length) { insert(tokens[first..<first + length], gram) }
        gram += 1
      }
    }
  }

  private mutating func insert(_ tokens: ArraySlice<LookupKey>, _ gram: Int) {
    var node = 0
    for token in tokens {
      let number = numbers[token] ?? numbers.count
      numbers[token] = number
      let step = Step(node: node, token: number)
      if let next = steps[step] {
        node = next
      } else {
        node = grams.count
        grams.append(nil)
        steps[step] = node
      }
    }
    if grams[node] == nil { grams[node] = gram }
  }

  /// A token's number; -1 for one that no n-gram has.
  func number(of token: LookupKey) -> Int { numbers[token] ?? -1 }
  func child(of node: Int, _ token: Int) -> Int? { steps[Step(node: node, token: token)] }
  func gram(at node: Int) -> Int? { grams[node] }
}
