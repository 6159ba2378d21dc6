import AviaryCore
import AviaryImage
import AviaryRuntime

/// What a model costs here: arithmetic and time for one picture.
public struct ModelCost: Sendable, Codable, Equatable {
  public let multiplyAdds: Int
  /// Of one picture: the median of a few runs after the first.
  public let milliseconds: Double

  /// - Parameters:
  ///   - budget: how long runs are repeated.
  ///   - steps: the preprocessing steps that the contract may ask for.
  /// - Throws: `ZooError` and `ImportError` where the model cannot be loaded, `RunError`.
  public init(
    _ reference: ModelReference, budget: Duration = .milliseconds(150), options: SessionOptions = .init(),
    steps: PreprocessingSteps = .init()
  ) throws {
    let classifier = try Classifier(reference, options: options, steps: steps)
    let input = classifier.contract.input
    let batch = classifier.contract.batch ?? 1
    let nodes = try classifier.session.inspect(
      inputShapes: [classifier.contract.inputName: input.shape(batch: batch)])
    multiplyAdds = nodes.reduce(0) { $0 &+ $1.multiplyAdds } / batch
    let picture = [[Float]](repeating: [Float](repeating: 0, count: input.count), count: batch)
    _ = try classifier.rawScores(prepared: picture)
    let clock = ContinuousClock()
    let start = clock.now
    var times: [Duration] = []
    while times.count < 3 || (clock.now - start < budget && times.count < 200) {
      let before = clock.now
      _ = try classifier.rawScores(prepared: picture)
      times.append(clock.now - before)
    }
    let median = times.sorted()[times.count / 2]
    let (seconds, atto) = median.components
    milliseconds = (Double(seconds) * 1e3 + Double(atto) * 1e-15) / Double(batch)
  }
}
