import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Conv and ConvTranspose against golden values") struct ConvolutionGoldenTests {
  @Test(arguments: try golden("Convolution/golden_convolution.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  /// Weights known when the model is loaded, two threads.
  @Test(arguments: try golden("Convolution/golden_convolution.json"))
  func preparedWeights(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), constants: [1, 2], parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
