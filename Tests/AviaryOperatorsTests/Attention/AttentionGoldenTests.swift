import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Attention and its companions against golden values") struct AttentionGoldenTests {
  @Test(arguments: try golden("Attention/golden_attention.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  /// Everything but the first input known when the model is loaded, two threads.
  @Test(arguments: try golden("Attention/golden_attention.json"))
  func preparedWeights(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), constants: Set(1..<9), parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
