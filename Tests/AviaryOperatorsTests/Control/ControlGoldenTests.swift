import AviaryOperators
import TestSupport
import Testing

@Test("Dropout against golden values", arguments: try golden("Control/golden_control.json"))
func controlGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
