import Testing

@testable import AviaryZoo

/// Four outputs, of which 0 and 3 are sure; what the pictures of classes 1 and 2 say differs.
@Suite struct LabelOrderChoiceTests {
  private static let usual = [0, 1, 2, 3]
  private static let exchanged = [0, 2, 1, 3]

  /// - Parameter unsure: pairs of scores for outputs 1 and 2, shown by pictures of class 1 and, exchanged, of
  ///   class 2.
  private func answers(_ unsure: [(Float, Float)]) throws -> TrialAnswers {
    var rows: [[Float]] = []
    var labels: [Int] = []
    for (first, second) in unsure {
      rows += [[0.05, first, second, 0.05], [0.05, second, first, 0.05]]
      labels += [1, 2]
    }
    for _ in 0..<20 {
      rows += [[0.9, 0.04, 0.03, 0.03], [0.03, 0.04, 0.03, 0.9]]
      labels += [0, 3]
    }
    return try #require(TrialAnswers(rows, probabilities: rows, labels: labels, outputs: 4))
  }

  private func choice(
    _ answers: TrialAnswers, given: [Int]? = nil, usual: [[Int]] = [], countingHits: Bool = true
  ) throws -> (order: [Int?], source: ContractFinding.LabelSource) {
    let choice = LabelOrderChoice(
      answers, frame: try #require(LabelOrder(Self.usual, classes: 4)),
      given: given.flatMap { LabelOrder($0, classes: 4) },
      usual: usual.compactMap { LabelOrder($0, classes: 4) }, countingHits: countingHits)
    let made = try #require(choice)
    return (made.order.classOfOutput, made.source)
  }

  /// Most pictures of class 1 lean to output 1, a few speak strongly for output 2: more hits one way, likelier
  /// the other way, and neither beyond chance.
  private func undecided() throws -> TrialAnswers {
    try answers(
      [(Float, Float)](repeating: (0.46, 0.44), count: 6) + [(Float, Float)](repeating: (0.1, 0.8), count: 2))
  }

  @Test func usualOrderWhereNothingDecides() throws {
    let answers = try undecided()
    #expect(try choice(answers).order == Self.usual, "the one with most hits")
    #expect(try choice(answers, countingHits: false).order == Self.exchanged, "the likeliest")
    for countingHits in [false, true] {
      let made = try choice(answers, usual: [Self.usual], countingHits: countingHits)
      #expect(made.order == Self.usual && made.source == .usual)
    }
  }

  @Test func usualOrderWithFewerHitsWhereNothingDecides() throws {
    // 5 : 4 for the exchanged order, and as likely: no reason to leave the usual one.
    let answers = try answers(
      [(Float, Float)](repeating: (0.4, 0.5), count: 5) + [(Float, Float)](repeating: (0.5, 0.4), count: 4))
    #expect(try choice(answers).order == Self.exchanged)
    #expect(try choice(answers, usual: [Self.usual]).order == Self.usual)
    // But not where another usual one has more.
    #expect(try choice(answers, usual: [Self.usual, Self.exchanged]).order == Self.exchanged)
  }

  @Test func picturesThatDecideOverruleUsualOrders() throws {
    let answers = try answers([(Float, Float)](repeating: (0.2, 0.7), count: 12))
    let made = try choice(answers, usual: [Self.usual])
    #expect(made.order == Self.exchanged && made.source == .pictures)
    #expect(try choice(answers, given: Self.usual).order == Self.exchanged)
    #expect(try choice(answers, given: Self.usual, usual: [Self.usual]).order == Self.exchanged)
  }

  /// However sure the scores seem, an order that recognises fewer pictures than a usual one is not written.
  @Test func neverWorseThanAUsualOrder() throws {
    let answers = try answers(
      [(Float, Float)](repeating: (0.451, 0.449), count: 52) + [(Float, Float)](repeating: (0.01, 0.89), count: 48))
    let frame = try #require(LabelOrder(Self.usual, classes: 4))
    let exchanged = try #require(LabelOrder(Self.exchanged, classes: 4))
    #expect(answers.scoresTell(exchanged, from: frame, level: LabelOrderChoice.level))
    #expect(try choice(answers, usual: [Self.usual]).order == Self.usual)
  }

  @Test func givenOrderStaysUnlessContradicted() throws {
    let made = try choice(try undecided(), given: Self.exchanged, usual: [Self.usual])
    #expect(made.order == Self.exchanged && made.source == .given)
  }

  /// An output whose class the pictures lack is no place for another class.
  @Test func outputsWithoutPicturesKeepTheirPlace() throws {
    let rows: [[Float]] = (0..<20).flatMap { _ in [[0.2, 0.1, 0.7], [0.7, 0.1, 0.2]] as [[Float]] }
    let labels = (0..<20).flatMap { _ in [0, 1] }
    let answers = try #require(TrialAnswers(rows, probabilities: rows, labels: labels, outputs: 3))
    let given = try #require(LabelOrder([0, nil, 1], classes: 2))
    let choice = LabelOrderChoice(answers, frame: given, given: given, usual: [], countingHits: true)
    #expect(choice?.order.classOfOutput == [1, nil, 0])
    #expect(LabelOrder([0, nil, 0], classes: 2) == nil && LabelOrder([0, nil, 2], classes: 2) == nil)
    #expect(LabelOrder([0, nil, nil], classes: 2) == nil)
  }

  @Test func rowsThatDoNotFitAreRefused() {
    let row: [Float] = [0.5, 0.5]
    #expect(TrialAnswers([], probabilities: [], labels: [], outputs: 2) == nil)
    #expect(TrialAnswers([row], probabilities: [row], labels: [0, 1], outputs: 2) == nil)
    #expect(TrialAnswers([row], probabilities: [row], labels: [0], outputs: 3) == nil)
    #expect(TrialAnswers([row], probabilities: [[.nan, 1]], labels: [0], outputs: 2) == nil)
  }
}
