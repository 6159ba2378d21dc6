import AviaryOperators
import TestSupport
import Testing

@Test("String operators against golden values", arguments: try golden("Text/golden_text.json"))
func stringGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
