import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Losses, Det, DeformConv and normalisations against golden values") struct LossGoldenTests {
  @Test(arguments: try golden("Loss/golden_loss.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  /// Everything but the first input known when the model is loaded, two threads.
  @Test(arguments: try golden("Loss/golden_loss.json"))
  func preparedWeights(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), constants: Set(1..<9), parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
