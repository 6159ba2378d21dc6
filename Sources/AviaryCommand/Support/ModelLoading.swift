import Aviary

/// A classifier as a command loads it: guesses are said on stderr.
func loadClassifier(
  _ name: String, contract: ContractFlags, options: SessionOptions, plugins: PluginRegistry
) throws -> Classifier {
  let reference = try ModelReference(name, manifestPath: contract.manifest)
  let classifier = try Classifier(
    reference, overrides: contract.overrides(), options: options, steps: plugins.steps)
  for guess in classifier.contract.guesses {
    Console.note("\(name): no manifest; assuming \(guess)")
  }
  return classifier
}
