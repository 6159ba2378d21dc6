import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Normalisations against golden values") struct NormalizationGoldenTests {
  @Test(arguments: try golden("Normalization/golden_normalization.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  @Test(arguments: try golden("Normalization/golden_normalization.json"))
  func onTwoThreads(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
