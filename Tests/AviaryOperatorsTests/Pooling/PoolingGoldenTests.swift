import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Suite("Pools against golden values") struct PoolingGoldenTests {
  @Test(arguments: try golden("Pooling/golden_pooling.json"))
  func values(_ example: OperatorCase) throws {
    #expect(try example.differences(StandardOperators.registry()) == [])
  }

  @Test(arguments: try golden("Pooling/golden_pooling.json"))
  func onTwoThreads(_ example: OperatorCase) throws {
    let differences = try example.differences(
      StandardOperators.registry(), parallel: ThreadPool.shared(threads: 2))
    #expect(differences == [])
  }
}
