import AviaryOperators
import TestSupport
import Testing

@Test("Indexing operators against golden values", arguments: try golden("Indexing/golden_indexing.json"))
func indexingGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
