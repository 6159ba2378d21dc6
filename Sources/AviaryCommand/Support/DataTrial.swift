import Aviary

/// Tries a proposed model on labelled pictures and corrects the proposal.
struct DataTrial {
  /// What a trial found.
  struct Outcome {
    let finding: ContractFinding
    /// How the data are called in a manifest, which is no place for paths.
    let name: String
    /// The data's classes that the model lacks, and their pictures, which were not tried.
    let leftOut: [LeftOut]
  }

  /// Pictures that say nothing of a model because it lacks their class.
  struct LeftOut: Encodable {
    let name: String
    let pictures: Int

    private enum CodingKeys: String, CodingKey {
      case name = "class"
      case pictures
    }
  }

  let data: String
  let split: String?
  let samples: Int
  let keepsLabels: Bool
  let plugins: PluginRegistry

  /// - Throws: errors of the data and of running the model; `EvaluationError.classes` or `ZooError.classes` where
  ///   they do not fit together.
  func run(_ proposal: inout ModelProposal) throws -> Outcome {
    let dataset = try usage { try plugins.open(data, split: split) }
    let given = proposal.contract.labels
    let common = try given.map { labels throws(EvaluationError) in
      try CommonClasses(model: proposal.path, labels: labels, data: data, classes: dataset.classes)
    }
    let classes = common?.names ?? dataset.classes
    let order = common?.positionOfLabel
    let (pictures, leftOut) = pictures(of: dataset, common)
    var bar = ProgressBar("")
    let search = try ContractSearch(
      proposal.classifier, assumed: proposal.variant, assumedOrder: order,
      usualOrders: UsualLabels.orders(of: classes), keepsOrder: keepsLabels, pictures: pictures
    ) { progress in
      if progress.done == 0 {
        bar = ProgressBar("\(progress.ways) \(progress.ways == 1 ? "way" : "ways") to feed pictures")
      }
      bar.update(progress.done, of: progress.total)
    }
    let finding = try search.run()
    let missing = leftOut.isEmpty ? "" : " without \(leftOut.map(\.name).joined(separator: ", "))"
    let outcome = Outcome(
      finding: finding, name: "\(pictures.count) of \(dataset.kind) \(dataset.split)\(missing)", leftOut: leftOut)
    guard finding.isConclusive else { return outcome }
    proposal.contract.input = try finding.variant.preprocessing(like: proposal.contract.input)
    if proposal.contract.outputKind == nil { proposal.contract.outputKind = finding.outputKind }
    if order != finding.classOfOutput {
      proposal.contract.labels = zip(finding.labels, finding.classOfOutput).map { label, position in
        // The user's own words for the classes, in the order that fits.
        guard let position, let given, let index = order?.firstIndex(of: position) else { return label }
        return given[index]
      }
    }
    return outcome
  }

  /// The pictures to try and those of classes that the model lacks.
  private func pictures(of dataset: Dataset, _ common: CommonClasses?) -> (LabelledPictures, [LeftOut]) {
    let places = common?.positionOfClass ?? Array(dataset.classes.indices)
    let known = dataset.samples.enumerated().compactMap { index, sample in
      places[sample.label].map { (index: index, label: $0) }
    }
    let chosen = LabelledPictures.spread(samples, of: known.count).map { known[$0] }
    let pictures = LabelledPictures(classes: common?.names ?? dataset.classes, labels: chosen.map(\.label)) {
      try dataset.image(chosen[$0].index)
    }
    let counts = Dictionary(grouping: dataset.samples, by: \.label).mapValues(\.count)
    let leftOut = zip(dataset.classes.indices, places).filter { $0.1 == nil }.map { label, _ in
      LeftOut(name: dataset.classes[label], pictures: counts[label] ?? 0)
    }
    return (pictures, leftOut)
  }
}
