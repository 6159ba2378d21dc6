import AviaryOperators
import TestSupport
import Testing

@Test("Detection operators against golden values", arguments: try golden("Detection/golden_detection.json"))
func detectionGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
