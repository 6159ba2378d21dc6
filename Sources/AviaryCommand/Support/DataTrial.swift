import Aviary

/// Tries a proposed model on labelled pictures and corrects the proposal.
struct DataTrial {
  let data: String
  let split: String?
  let samples: Int
  let keepsLabels: Bool
  let plugins: PluginRegistry

  /// - Throws: errors of the data and of running the model; `ZooError.classes` where they do not fit
  ///   together.
  ///
  /// - Returns: what was found, and how the data are called in a manifest, which is no place for paths.
  func run(_ proposal: inout ModelProposal) throws -> (finding: ContractFinding, name: String) {
    let dataset = try usage { try plugins.open(data, split: split) }
    let positions = LabelledPictures.spread(samples, of: dataset.samples.count)
    let pictures = LabelledPictures(
      classes: dataset.classes, labels: positions.map { dataset.samples[$0].label }
    ) { try dataset.image(positions[$0]) }
    let given = proposal.contract.labels
    let order = try given.map { try self.order($0, dataset.classes) }
    // The trial asks which order fits; labels do not restrict it.
    let search = try ContractSearch(
      proposal.classifier, assumed: proposal.variant, assumedOrder: order, pictures: pictures
    ) { text in
      if Console.isErrorTerminal { Console.rewrite(text) }
    }
    let finding = try search.run()
    if Console.isErrorTerminal { Console.rewrite("") }
    let name = "\(pictures.count) of \(dataset.kind) \(dataset.split)"
    guard finding.isConclusive else { return (finding, name) }
    proposal.contract.input = try finding.variant.preprocessing(like: proposal.contract.input)
    if proposal.contract.outputKind == nil { proposal.contract.outputKind = finding.outputKind }
    if given == nil || (order != finding.classOfOutput && !keepsLabels) {
      // The user's own words for the classes, in the order that fits.
      let words = given.flatMap { given in
        order.map { order in
          Dictionary(zip(order, given), uniquingKeysWith: { first, _ in first })
        }
      }
      proposal.contract.labels = finding.classOfOutput.map { words?[$0] ?? dataset.classes[$0] }
    }
    return (finding, name)
  }

  /// For each label the class of the data that it means.
  private func order(_ labels: [String], _ classes: [String]) throws -> [Int] {
    let map = try LabelMap(model: "the model", labels: labels, data: data, classes: classes)
    var order = [Int](repeating: 0, count: labels.count)
    for (label, column) in map.columns.enumerated() { order[column] = label }
    return order
  }
}
