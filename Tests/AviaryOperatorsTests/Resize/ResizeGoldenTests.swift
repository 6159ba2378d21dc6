import AviaryOperators
import TestSupport
import Testing

@Test("Resize and Upsample against golden values", arguments: try golden("Resize/golden_resize.json"))
func resizeGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
