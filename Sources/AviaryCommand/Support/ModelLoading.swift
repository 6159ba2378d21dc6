import Aviary

/// A classifier as a command loads it: guesses are said on stderr.
func loadClassifier(
  _ name: String, contract: ContractFlags, options: SessionOptions, plugins: PluginRegistry
) throws -> Classifier {
  let reference = try ModelReference(name, manifestPath: contract.manifest)
  var overrides = try contract.overrides()
  let session = try Session(path: reference.modelPath, options: options)
  if reference.manifest == nil {
    overrides.usual = Model.usualContract(of: session, families: plugins.families)
  }
  let classifier = try Classifier(reference, session: session, overrides: overrides, steps: plugins.steps)
  for guess in classifier.contract.guesses {
    Console.note("\(name): no manifest; assuming \(guess)")
  }
  return classifier
}
