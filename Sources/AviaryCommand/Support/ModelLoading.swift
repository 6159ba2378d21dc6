import Aviary

/// A classifier as a command loads it: guesses are said on stderr.
///
/// - Parameter acceptsAnyFile: whether the file may be another than its manifest describes.
func loadClassifier(
  _ name: String, contract: ContractFlags, options: SessionOptions, plugins: PluginRegistry,
  acceptsAnyFile: Bool = false
) throws -> Classifier {
  var reference = try ModelReference(name, manifestPath: contract.manifest)
  if acceptsAnyFile { reference = reference.acceptingAnyFile }
  try reference.checkFile()
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

extension ModelReference {
  /// For commands that look at a model without judging with it: any file may be looked at.
  func warnOfOtherFile() {
    do throws(ZooError) { try checkFile() } catch { Console.warning("\(error)") }
  }
}
