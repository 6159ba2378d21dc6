import AviaryImage
import AviaryMetrics

/// Tries ways to feed pictures, and orders of labels, on labelled pictures: "accurate in PyTorch, wrong as
/// ONNX" is nearly always one of them.
///
/// First numbers and channel order, then the resize with the best of those. All variants are tried on the
/// same few pictures; those that lose beyond chance are dropped, the others go on. Among variants that the
/// pictures cannot tell apart the more usual one wins.
public struct ContractSearch {
  /// Pictures of the first round.
  private static let firstRound = 250
  /// A variant is dropped after the first round where it is worse with this p-value,
  private static let dropping = 1e-4
  /// and a less usual one is preferred at the end only with this one.
  private static let preferring = 0.05
  private static let chunk = 64

  private let classifier: Classifier
  private let pictures: LabelledPictures
  private let assumed: InputVariant
  /// For each output the class, where somebody has said.
  private let given: LabelOrder?
  private let usual: [LabelOrder]
  private let keepsOrder: Bool
  /// An order of the outputs that may be exchanged.
  private let frame: LabelOrder
  private let progress: (Progress) -> Void

  /// How far a round of the search is; each tries other ways to feed pictures, or fewer of them on more pictures.
  public struct Progress: Sendable, Equatable {
    /// Ways to feed pictures that are tried in this round.
    public let ways: Int
    /// Pictures that the model was given in this round so far, counted anew for each way; 0 where it begins.
    public let done: Int
    /// All that it is given in this round.
    public let total: Int
  }

  /// - Parameters:
  ///   - assumed: how the model would be fed without looking at pictures.
  ///   - assumedOrder: for each output the class of the data that the known labels mean; `nil` where the data
  ///     has no such class: such an output keeps its label.
  ///   - usualOrders: orders that are preferred where the pictures do not decide, the most usual first: the class
  ///     of each output, without the outputs whose class the data lacks.
  ///   - keepsOrder: whether the known labels stay, whatever the pictures say.
  ///   - progress: told what is tried now.
  /// - Throws: `ZooError.classes` where the outputs are not the data's classes, one each.
  public init(
    _ classifier: Classifier, assumed: InputVariant, assumedOrder: [Int?]? = nil, usualOrders: [[Int]] = [],
    keepsOrder: Bool = false, pictures: LabelledPictures, progress: @escaping (Progress) -> Void = { _ in }
  ) throws(ZooError) {
    self.classifier = classifier
    self.assumed = assumed
    self.keepsOrder = keepsOrder
    self.pictures = pictures
    self.progress = progress
    let classes = pictures.classes.count
    given = assumedOrder.flatMap { LabelOrder($0, classes: classes) }
    let outputs = classifier.contract.classes
    guard let frame = given ?? LabelOrder(Array(0..<classes), classes: classes),
      (given == nil) == (assumedOrder == nil), outputs == nil || outputs == frame.classOfOutput.count
    else {
      throw Self.otherClasses(outputs ?? assumedOrder?.count, pictures, classifier)
    }
    self.frame = frame
    usual = usualOrders.compactMap(frame.reordered)
  }

  private static func otherClasses(
    _ outputs: Int?, _ pictures: LabelledPictures, _ classifier: Classifier
  ) -> ZooError {
    .classes(
      model: classifier.reference.modelPath,
      problem: "the output has \(outputs.map(String.init) ?? "other") classes, the data "
        + "\(pictures.classes.count) (\(pictures.classes.joined(separator: ", "))); name the model's with "
        + "--labels, to try it on those that both have, or try it on data with its classes")
  }

  /// - Throws: errors of reading pictures and running the model; `ZooError.classes` where there are no pictures
  ///   or its scores are not one per class or not numbers.
  public func run() throws -> ContractFinding {
    guard pictures.count > 0 else {
      throw ZooError.classes(
        model: classifier.reference.modelPath, problem: "the data has no pictures of its classes to try it on")
    }
    let look = try PictureLook(pictures, input: classifier.contract.input, count: Self.firstRound)
    var trials = [VariantTrial(variant: assumed, mustFinish: true)]
    for channels in channelOrders(look) {
      for numbers in [assumed.numbers] + numbers(look) {
        add(InputVariant(numbers: numbers, channels: channels, resize: assumed.resize), to: &trials)
      }
    }
    trials = try race(trials)
    var best = try winner(trials, withScores: true)
    if look.needsResize {
      let input = classifier.contract.input
      var resized = trials.filter { $0.variant == best.variant }
      for resize in InputVariant.usualResizes(width: input.width, height: input.height) {
        // Bars and cuts of the longer side make no difference to pictures of the input's aspect.
        if look.hasInputAspect, resize.mode != .stretch, resize.size == nil { continue }
        var variant = best.variant
        variant.resize = resize
        add(variant, to: &resized)
      }
      resized = try race(resized)
      // Resizes differ by so little that scores would tell sharp from soft rather than right from wrong.
      best = try winner(resized, withScores: false)
      for trial in resized where !trials.contains(where: { $0.variant == trial.variant }) {
        trials.append(trial)
      }
    }
    return try finding(best, trials, look)
  }

  private func add(_ variant: InputVariant, to trials: inout [VariantTrial]) {
    guard (try? variant.preprocessing(like: classifier.contract.input)) != nil else { return }
    let same = trials.contains { known in
      known.variant.channels == variant.channels && known.variant.resize == variant.resize
        && known.variant.numbers.scale == variant.numbers.scale
        && known.variant.numbers.standardize == variant.numbers.standardize
        && known.variant.numbers.mean == variant.numbers.mean
        && known.variant.numbers.std == variant.numbers.std
    }
    if !same { trials.append(VariantTrial(variant: variant)) }
  }

  // MARK: What to try

  private func channelOrders(_ look: PictureLook) -> [Preprocessing.Channels] {
    guard assumed.channels != .grey else { return [.grey] }
    // Of grey pictures all three channels are equal.
    guard look.hasColour else { return [assumed.channels] }
    return assumed.channels == .bgr ? [.bgr, .rgb] : [.rgb, .bgr]
  }

  private func numbers(_ look: PictureLook) -> [UsualContract] {
    // An input of integers can hold nothing but pixels as they are.
    if classifier.contract.inputType == .uint8 { return [.raw("the input takes integers")] }
    func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    let own = UsualContract(
      name: "the data's mean and deviation", reason: "some standardise by their own data", scale: 1 / 255,
      mean: [rounded(look.mean)], std: [rounded(look.deviation)])
    return InputVariant.usualNumbers(channels: assumed.channels.count) + [own]
  }

  // MARK: Trying

  /// Runs all trials on the first pictures and those that are left on all.
  private func race(_ trials: [VariantTrial]) throws -> [VariantTrial] {
    let first = min(pictures.count, Self.firstRound)
    var trials = trials
    try run(&trials, upTo: first)
    trials = trials.filter { $0.mustFinish || attempt($0) != nil }
    let judged = try trials.map(judge)
    guard let best = judged.max(by: { $0.hits < $1.hits }), pictures.count > first else { return trials }
    let stays = judged.map { $0.hits == best.hits || best.pValue(against: $0) > Self.dropping }
    var finalists = zip(trials, stays).filter { $0.1 || $0.0.mustFinish }.map(\.0)
    let rest = zip(trials, stays).filter { !($0.1 || $0.0.mustFinish) }.map(\.0)
    try run(&finalists, upTo: pictures.count)
    return finalists + rest
  }

  private func run(_ trials: inout [VariantTrial], upTo end: Int) throws {
    let start = trials.map(\.rows.count).min() ?? 0
    let input = classifier.contract.input
    let steps = try trials.map { try $0.variant.preprocessing(like: input) }
    let total = trials.reduce(0) { $0 + max(0, end - $1.rows.count) }
    guard total > 0 else { return }
    var done = 0
    progress(Progress(ways: trials.count, done: done, total: total))
    for position in stride(from: start, to: end, by: Self.chunk) {
      let range = position..<min(position + Self.chunk, end)
      let images = try range.map { try pictures.picture($0) }
      for index in trials.indices where trials[index].rows.count < range.upperBound {
        let known = max(0, trials[index].rows.count - range.lowerBound)
        let prepared = try images.dropFirst(known).map { try steps[index]($0) }
        trials[index].rows += try classifier.rawScores(prepared: prepared)
        done += prepared.count
        progress(Progress(ways: trials.count, done: done, total: total))
      }
    }
  }

  private func answers(_ trial: VariantTrial) -> TrialAnswers? {
    guard let probabilities = try? classifier.probabilities(trial.rows) else { return nil }
    return TrialAnswers(
      trial.rows, probabilities: probabilities, labels: Array(pictures.labels.prefix(trial.rows.count)),
      outputs: frame.classOfOutput.count)
  }

  /// Judged under the order of labels that this way to feed pictures speaks for.
  private func attempt(_ trial: VariantTrial) -> JudgedTrial? {
    guard let answers = answers(trial), let choice = choice(answers, countingHits: false) else { return nil }
    return JudgedTrial(trial.variant, answers, choice.order)
  }

  private func choice(_ answers: TrialAnswers, countingHits: Bool) -> LabelOrderChoice? {
    LabelOrderChoice(answers, frame: frame, given: given, usual: usual, countingHits: countingHits)
  }

  private func judge(_ trial: VariantTrial) throws -> JudgedTrial {
    if let judged = attempt(trial) { return judged }
    let outputs = frame.classOfOutput.count
    if let row = trial.rows.first, row.count != outputs {
      throw Self.otherClasses(row.count, pictures, classifier)
    }
    throw ZooError.classes(
      model: classifier.reference.modelPath,
      problem: "its output is not \(outputs) finite scores per picture when fed \(trial.variant.description)")
  }

  /// A way to feed that overflows is none; only the assumed one must work.
  private func judge(_ trials: [VariantTrial]) throws -> [JudgedTrial] {
    try trials.compactMap { $0.mustFinish ? try judge($0) : attempt($0) }
  }

  /// The most usual of those that are not worse than the best beyond chance.
  private func winner(_ trials: [VariantTrial], withScores: Bool) throws -> JudgedTrial {
    let judged = try judge(trials.filter { $0.rows.count == pictures.count })
    guard let best = judged.max(by: { $0.hits < $1.hits }) else {
      throw ZooError.classes(model: classifier.reference.modelPath, problem: "there are no pictures")
    }
    let equals = judged.filter { !best.isBetter(than: $0, level: Self.preferring, withScores: withScores) }
    // A network that looks at colours does as well with channels exchanged and labels exchanged: labels that
    // are known decide.
    let known = given.flatMap { order in equals.first { $0.order == order } }
    return known ?? equals.first ?? best
  }

  // MARK: The result

  private func finding(_ best: JudgedTrial, _ trials: [VariantTrial], _ look: PictureLook) throws -> ContractFinding
  {
    let judged = try judge(trials)
    let choice = choice(best.answers, countingHits: true)
    let fitted = choice?.order ?? best.order
    let order = keepsOrder ? given ?? fitted : fitted
    // Every figure is of the order that is proposed, whatever order helped to find the way to feed pictures.
    let proposed = best.under(order)
    let most = Dictionary(grouping: pictures.labels) { $0 }.values.map(\.count).max() ?? 0
    let recognised = try? Interval.wilson(successes: best.hits, trials: best.isCorrect.count)
    let isConclusive = (recognised?.lower ?? 0) > Double(most) / Double(max(1, pictures.count))
    return ContractFinding(
      samples: pictures.count,
      trials: judged.map { $0.under(order) }.map {
        .init(
          name: $0.variant.description, accuracy: $0.accuracy, samples: $0.isCorrect.count,
          pValue: proposed.pValue(against: $0))
      }.sorted { ($0.accuracy, $1.name) > ($1.accuracy, $0.name) },
      variant: best.variant, accuracy: proposed.accuracy,
      interval: try? Interval.wilson(successes: proposed.hits, trials: proposed.isCorrect.count),
      outputKind: OutputKind(lookingAt: rows(of: best.variant, trials)),
      classOfOutput: order.classOfOutput, labels: names(order),
      labelSource: order == given ? .given : choice?.source ?? .pictures, classes: pictures.classes,
      weakestLabels: best.answers.weakest(order),
      mistakes: isConclusive ? try mistakes(best, fitted, trials) : [],
      doubts: doubts(look) + rivals(of: proposed, judged), isConclusive: isConclusive)
  }

  /// What such pictures cannot tell of any model.
  private func doubts(_ look: PictureLook) -> [String] {
    var doubts: [String] = []
    if !look.needsResize {
      doubts.append("the pictures have the input's size: how others are resized cannot be told from them")
    }
    if assumed.channels != .grey, !look.hasColour {
      doubts.append("the pictures are grey: RGB and BGR cannot be told apart")
    }
    let unseen = zip(names(frame), frame.classOfOutput).filter { $0.1 == nil }.map(\.0)
    if !unseen.isEmpty {
      doubts.append(
        "the data has no class for \(unseen.joined(separator: ", ")): the given place is kept, which these "
          + "pictures cannot check")
    }
    return doubts
  }

  /// Ways to feed pictures that do as well as the proposed one, at most three.
  private func rivals(of proposed: JudgedTrial, _ judged: [JudgedTrial]) -> [String] {
    func isRival(_ trial: JudgedTrial) -> Bool {
      !proposed.isBetter(
        than: trial, level: Self.preferring, withScores: trial.variant.resize == proposed.variant.resize)
    }
    var rivals: [(hits: Int, text: String)] = []
    for trial in judged
    where trial.variant != proposed.variant && trial.isCorrect.count == proposed.isCorrect.count {
      let same = trial.under(proposed.order)
      let difference = trial.variant.difference(from: proposed.variant)
      if isRival(same) {
        rivals.append((same.hits, "\(difference) (\(Self.percent(same.accuracy)))"))
      } else if proposed.order != given, isRival(trial) {
        let labels = names(trial.order).joined(separator: ", ")
        rivals.append((trial.hits, "\(difference) with the labels \(labels) (\(Self.percent(trial.accuracy)))"))
      }
    }
    guard !rivals.isEmpty else { return [] }
    let texts = rivals.sorted { $0.hits > $1.hits }.prefix(3).map(\.text)
    return ["as good within chance: \(texts.joined(separator: "; "))"]
  }

  /// For each output the data's name of its class, or the given label where the data has no such class.
  private func names(_ order: LabelOrder) -> [String] {
    let labels = classifier.contract.labels ?? []
    return order.classOfOutput.enumerated().map { output, label in
      label.map { pictures.classes[$0] } ?? (labels.indices.contains(output) ? labels[output] : "?")
    }
  }

  private func rows(of variant: InputVariant, _ trials: [VariantTrial]) -> [[Float]] {
    trials.first { $0.variant == variant }?.rows ?? []
  }

  /// The way from what was assumed to what fits, one part at a time.
  private func mistakes(
    _ best: JudgedTrial, _ order: LabelOrder, _ trials: [VariantTrial]
  ) throws -> [ContractFinding.Mistake] {
    var variant = assumed
    let known = given ?? order
    var accuracy = try self.accuracy(variant, known, trials)
    var mistakes: [ContractFinding.Mistake] = []
    func step(
      _ part: ContractFinding.Mistake.Part, _ from: String, _ to: String, _ next: InputVariant,
      _ order: LabelOrder
    ) throws {
      let after = try self.accuracy(next, order, trials)
      mistakes.append(.init(part: part, assumed: from, found: to, before: accuracy, after: after))
      (variant, accuracy) = (next, after)
    }
    if variant.numbers != best.variant.numbers {
      var next = variant
      next.numbers = best.variant.numbers
      try step(.numbers, variant.numbers.name, next.numbers.name, next, known)
    }
    if variant.channels != best.variant.channels {
      var next = variant
      next.channels = best.variant.channels
      try step(.channels, variant.channels.rawValue, next.channels.rawValue, next, known)
    }
    if variant.resize != best.variant.resize {
      var next = variant
      next.resize = best.variant.resize
      try step(
        .resize, InputVariant.name(of: variant.resize), InputVariant.name(of: next.resize), next, known)
    }
    if known != order {
      func list(_ order: LabelOrder) -> String { names(order).joined(separator: ", ") }
      try step(.labels, list(known), list(order), variant, order)
    }
    return mistakes
  }

  private func accuracy(
    _ variant: InputVariant, _ order: LabelOrder, _ trials: [VariantTrial]
  ) throws -> Double {
    let done = trials.first { $0.variant == variant && $0.rows.count == pictures.count }
    var trial = [done ?? VariantTrial(variant: variant)]
    try run(&trial, upTo: pictures.count)
    return try judge(trial[0]).under(order).accuracy
  }

  static func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10) %" }
}

extension InputVariant {
  /// Only what differs from another.
  fileprivate func difference(from other: InputVariant) -> String {
    var parts: [String] = []
    if numbers != other.numbers { parts.append(numbers.name) }
    if channels != other.channels { parts.append(channels.rawValue.uppercased()) }
    if resize != other.resize { parts.append(Self.name(of: resize)) }
    return parts.joined(separator: ", ")
  }
}
