import Aviary

/// A model that requests may name.
struct ServedModel: Sendable {
  /// What requests call it.
  let id: String
  let session: Session
  let manifest: ModelManifest?
  /// What classifies pictures; `nil` for models that only take tensors.
  let classifier: Classifier?
  /// Its place in the table.
  let index: Int

  /// The batch size that the graph fixes, if it does.
  var fixedBatch: Int? { classifier?.contract.batch }

  /// The class names; numbers where nobody named them.
  func labels(count: Int) -> [String] {
    classifier?.contract.labels ?? (0..<count).map(String.init)
  }

  /// One row of probabilities for each preprocessed face.
  func probabilities(_ inputs: [[Float]]) throws -> [[Float]] {
    guard let classifier else { throw HTTPFailure.badRequest("'\(id)' is no classifier of pictures") }
    return try classifier.probabilities(classifier.rawScores(prepared: inputs))
  }
}
