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
  private let assumedOrder: [Int]?
  private let progress: (String) -> Void

  /// - Parameters:
  ///   - assumed: how the model would be fed without looking at pictures.
  ///   - assumedOrder: for each output the class of the data that the known labels mean.
  ///   - progress: told what is tried now.
  /// - Throws: `ZooError.classes` where the model has not as many outputs as the data has classes.
  public init(
    _ classifier: Classifier, assumed: InputVariant, assumedOrder: [Int]? = nil, pictures: LabelledPictures,
    progress: @escaping (String) -> Void = { _ in }
  ) throws(ZooError) {
    self.classifier = classifier
    self.assumed = assumed
    self.assumedOrder = assumedOrder
    self.pictures = pictures
    self.progress = progress
    if let outputs = classifier.contract.classes, outputs != pictures.classes.count {
      throw .classes(
        model: classifier.reference.modelPath,
        problem: "the output has \(outputs) classes, the data \(pictures.classes.count) "
          + "(\(pictures.classes.joined(separator: ", "))); try it on data with the model's classes")
    }
  }

  /// - Throws: errors of reading pictures and running the model; `ZooError.classes` where its scores are not
  ///   one per class or not numbers.
  public func run() throws -> ContractFinding {
    let look = try look()
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

  private struct Look {
    var hasColour = false
    var needsResize = false
    var hasInputAspect = true
    /// Of samples 0...1 over all channels.
    var mean = 0.0
    var deviation = 1.0
  }

  /// A look at some of the pictures: what would make no difference need not be tried.
  private func look() throws -> Look {
    var look = Look()
    let input = classifier.contract.input
    var (sum, squares, count) = (0.0, 0.0, 0.0)
    for index in 0..<min(pictures.count, Self.firstRound) {
      let picture = try pictures.picture(index)
      let isSame = picture.width == input.width && picture.height == input.height
      look.needsResize = look.needsResize || !isSame
      if picture.width * input.height != picture.height * input.width { look.hasInputAspect = false }
      look.hasColour = look.hasColour || picture.hasColour
      for sample in picture.samples {
        sum += Double(sample) / 255
        squares += Double(sample) / 255 * Double(sample) / 255
      }
      count += Double(picture.samples.count)
    }
    if count > 0 {
      look.mean = sum / count
      look.deviation = max(1e-3, (squares / count - look.mean * look.mean).magnitude.squareRoot())
    }
    return look
  }

  private func channelOrders(_ look: Look) -> [Preprocessing.Channels] {
    guard assumed.channels != .grey else { return [.grey] }
    // Of grey pictures all three channels are equal.
    guard look.hasColour else { return [assumed.channels] }
    return assumed.channels == .bgr ? [.bgr, .rgb] : [.rgb, .bgr]
  }

  private func numbers(_ look: Look) -> [UsualContract] {
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
    // A way to feed that overflows is none; only the assumed one must work.
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
    for position in stride(from: start, to: end, by: Self.chunk) {
      let range = position..<min(position + Self.chunk, end)
      progress("\(trials.count) ways to feed pictures: \(range.upperBound) of \(end)")
      let images = try range.map { try pictures.picture($0) }
      for index in trials.indices where trials[index].rows.count < range.upperBound {
        let known = max(0, trials[index].rows.count - range.lowerBound)
        let prepared = try images.dropFirst(known).map { try steps[index]($0) }
        trials[index].rows += try classifier.rawScores(prepared: prepared)
      }
    }
  }

  private func attempt(_ trial: VariantTrial) -> JudgedTrial? {
    JudgedTrial(trial, labels: pictures.labels, classes: pictures.classes.count, classifier: classifier)
  }

  private func judge(_ trial: VariantTrial) throws -> JudgedTrial {
    guard let judged = attempt(trial) else {
      let classes = pictures.classes.count
      throw ZooError.classes(
        model: classifier.reference.modelPath,
        problem:
          "its output is not \(classes) finite scores per picture when fed \(trial.variant.description)")
    }
    return judged
  }

  /// The most usual of those that are not worse than the best beyond chance.
  private func winner(_ trials: [VariantTrial], withScores: Bool) throws -> JudgedTrial {
    let judged = try trials.filter { $0.rows.count == pictures.count && ($0.mustFinish || attempt($0) != nil) }
      .map(judge)
    guard let best = judged.max(by: { $0.hits < $1.hits }) else {
      throw ZooError.classes(model: classifier.reference.modelPath, problem: "there are no pictures")
    }
    let equals = judged.filter { !best.isBetter(than: $0, level: Self.preferring, withScores: withScores) }
    // A network that looks at colours does as well with channels exchanged and labels exchanged: labels that
    // are known decide.
    let known = assumedOrder.flatMap { order in equals.first { fittedOrder($0) == order } }
    return known ?? equals.first ?? best
  }

  // MARK: The result

  private func finding(_ best: JudgedTrial, _ trials: [VariantTrial], _ look: Look) throws -> ContractFinding
  {
    let judged = try trials.map(judge)
    let order = fittedOrder(best)
    let most = Dictionary(grouping: pictures.labels) { $0 }.values.map(\.count).max() ?? 0
    let interval = try? Interval.wilson(successes: best.hits, trials: best.isCorrect.count)
    let isConclusive = (interval?.lower ?? 0) > Double(most) / Double(max(1, pictures.count))
    var doubts: [String] = []
    if !look.needsResize, !pictures.labels.isEmpty {
      doubts.append("the pictures have the input's size: how others are resized cannot be told from them")
    }
    if assumed.channels != .grey, !look.hasColour {
      doubts.append("the pictures are grey: RGB and BGR cannot be told apart")
    }
    let rivals = judged.filter {
      $0.variant != best.variant && $0.isCorrect.count == best.isCorrect.count
        && !best.isBetter(
          than: $0, level: Self.preferring, withScores: $0.variant.resize == best.variant.resize)
    }
    if !rivals.isEmpty {
      let names = rivals.sorted { $0.hits > $1.hits }.prefix(3).map {
        "\($0.variant.difference(from: best.variant)) (\(Self.percent($0.accuracy)))"
      }
      doubts.append("as good within chance: \(names.joined(separator: "; "))")
    }
    return ContractFinding(
      samples: pictures.count,
      trials: judged.map {
        .init(
          name: $0.variant.description, accuracy: $0.accuracy, samples: $0.isCorrect.count,
          pValue: best.pValue(against: $0))
      }.sorted { ($0.accuracy, $1.name) > ($1.accuracy, $0.name) },
      variant: best.variant, accuracy: best.accuracy(classOfOutput: order, labels: pictures.labels),
      interval: interval, outputKind: OutputKind(lookingAt: rows(of: best.variant, trials)),
      classOfOutput: order, classes: pictures.classes, weakestLabels: best.fit.weakest,
      mistakes: isConclusive ? try mistakes(best, order, trials) : [], doubts: doubts,
      isConclusive: isConclusive)
  }

  private func rows(of variant: InputVariant, _ trials: [VariantTrial]) -> [[Float]] {
    trials.first { $0.variant == variant }?.rows ?? []
  }

  /// The known order unless the pictures contradict it beyond chance.
  private func fittedOrder(_ best: JudgedTrial) -> [Int] {
    guard let assumedOrder, assumedOrder.count == best.fit.classOfOutput.count else {
      return best.fit.classOfOutput
    }
    var (onlyFitted, onlyAssumed) = (0, 0)
    for (output, label) in zip(best.predicted, pictures.labels) {
      switch (best.fit.classOfOutput[output] == label, assumedOrder[output] == label) {
      case (true, false): onlyFitted += 1
      case (false, true): onlyAssumed += 1
      default: break
      }
    }
    let test = try? McNemar(onlyFirst: onlyFitted, onlySecond: onlyAssumed)
    return onlyFitted > onlyAssumed && (test?.exactPValue ?? 1) < 0.01 ? best.fit.classOfOutput : assumedOrder
  }

  /// The way from what was assumed to what fits, one part at a time.
  private func mistakes(
    _ best: JudgedTrial, _ order: [Int], _ trials: [VariantTrial]
  ) throws -> [ContractFinding.Mistake] {
    var variant = assumed
    let known = assumedOrder ?? order
    var accuracy = try self.accuracy(variant, known, trials)
    var mistakes: [ContractFinding.Mistake] = []
    func step(
      _ part: ContractFinding.Mistake.Part, _ from: String, _ to: String, _ next: InputVariant, _ order: [Int]
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
      func names(_ order: [Int]) -> String { order.map { pictures.classes[$0] }.joined(separator: ", ") }
      try step(.labels, names(known), names(order), variant, order)
    }
    return mistakes
  }

  private func accuracy(_ variant: InputVariant, _ order: [Int], _ trials: [VariantTrial]) throws -> Double {
    let done = trials.first { $0.variant == variant && $0.rows.count == pictures.count }
    var trial = [done ?? VariantTrial(variant: variant)]
    try run(&trial, upTo: pictures.count)
    return try judge(trial[0]).accuracy(classOfOutput: order, labels: pictures.labels)
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

extension Image {
  /// Whether any pixel is not grey.
  fileprivate var hasColour: Bool {
    guard color == .rgb else { return false }
    for start in stride(from: 0, to: samples.count - 2, by: 3) {
      let red = samples[start]
      if red != samples[start + 1] || red != samples[start + 2] { return true }
    }
    return false
  }
}
