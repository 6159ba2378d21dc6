import Aviary

/// The models that are served, by id. Requests name them only by these ids: no text of a request becomes a
/// path.
package struct ModelTable: Sendable {
  let models: [ServedModel]
  private let byID: [String: Int]

  /// The models of pictures, in their order.
  var classifiers: [ServedModel] { models.filter { $0.classifier != nil } }

  /// Loads models.
  ///
  /// - Parameters:
  ///   - names: ids of the zoo, or paths; `all` stands for every model of the zoo that has its file.
  ///   - note: is told what was assumed or left out.
  /// - Throws: `ZooError`, `ImportError`; `ServerError` for a name that is there twice.
  package init(
    _ names: [String], options: SessionOptions, plugins: PluginRegistry, note: (String) -> Void = { _ in }
  ) throws {
    var models: [ServedModel] = []
    var byID: [String: Int] = [:]
    for name in try Self.expanded(names, note: note) {
      let reference = try ModelReference(name)
      let session = try Session(path: reference.modelPath, options: options)
      var overrides = ContractOverrides()
      if reference.manifest == nil {
        overrides.usual = Model.usualContract(of: session, families: plugins.families)
      }
      var classifier: Classifier?
      do throws(ZooError) {
        let made = try Classifier(reference, session: session, overrides: overrides, steps: plugins.steps)
        for guess in made.contract.guesses { note("\(name): no manifest; assuming \(guess)") }
        classifier = made
      } catch {
        note("\(name): takes tensors only, not pictures: \(error)")
      }
      guard byID.updateValue(models.count, forKey: reference.id) == nil else {
        throw ServerError("two models are called '\(reference.id)'; serve one of them")
      }
      models.append(
        ServedModel(
          id: reference.id, session: session, manifest: reference.manifest, classifier: classifier,
          index: models.count))
    }
    guard !models.isEmpty else { throw ServerError("there is no model to serve") }
    self.models = models
    self.byID = byID
  }

  private static func expanded(_ names: [String], note: (String) -> Void) throws -> [String] {
    try names.flatMap { name -> [String] in
      guard name == "all" else { return [name] }
      // The first one answers where a request names none: that is no model for sequences.
      let entries = try ZooIndex.find().entries
      return (entries.filter { !$0.takesSequences } + entries.filter(\.takesSequences)).compactMap { entry in
        guard entry.hasFile else {
          note("\(entry.id): its file is not there; 'aviary zoo pull \(entry.id)' gets it")
          return nil
        }
        return entry.id
      }
    }
  }

  /// - Throws: `HTTPFailure` 404.
  func model(_ id: String) throws(HTTPFailure) -> ServedModel {
    guard let index = byID[id] else {
      throw HTTPFailure(.notFound, "there is no model '\(id.prefix(80))' here; GET /v1/models lists them")
    }
    return models[index]
  }

  /// The classifiers that a request asks for; the first one where it names none.
  ///
  /// - Throws: `HTTPFailure` 400 for names that are not served.
  func classifiers(_ names: [String]?) throws(HTTPFailure) -> [ServedModel] {
    let all = classifiers
    guard let names else {
      guard let first = all.first else { throw .badRequest("no model here takes pictures; see /v2") }
      return [first]
    }
    if names == ["all"] { return all }
    var found: [ServedModel] = []
    for name in names {
      guard let index = byID[name], models[index].classifier != nil else {
        throw .badRequest(
          "there is no model '\(name.prefix(80))' for pictures here; there are "
            + all.map(\.id).joined(separator: ", "))
      }
      guard !found.contains(where: { $0.id == name }) else {
        throw .badRequest("the model '\(name)' is named twice")
      }
      found.append(models[index])
    }
    guard !found.isEmpty else { throw .badRequest("'models' is empty; leave it out for the default") }
    return found
  }
}

/// Why a server cannot be started.
package struct ServerError: Error, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}
