import AviaryCore
import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

@Test("Classical models against golden values", arguments: try golden("ML/golden_ml.json"))
func mlGolden(_ example: OperatorCase) throws {
  let registry = try StandardOperators.registry()
  let plain = try example.differences(registry)
  #expect(plain == [], "\(plain)")
  let threaded = try example.differences(registry, parallel: ThreadPool(threads: 3))
  #expect(threaded == [], "\(threaded)")
}

@Test("Optimizers against golden values", arguments: try golden("Training/golden_training.json"))
func trainingGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
