import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Gemm and MatMul against golden values") struct LinearGoldenTests {
  @Test(arguments: try golden("Linear/golden_linear.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  /// Weights known when the model is loaded, two threads.
  @Test(arguments: try golden("Linear/golden_linear.json"))
  func preparedWeights(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), constants: [1, 2], parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
