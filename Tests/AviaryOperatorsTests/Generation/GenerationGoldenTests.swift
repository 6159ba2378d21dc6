import AviaryOperators
import TestSupport
import Testing

@Test(
  "Constants and ranges against golden values", arguments: try golden("Generation/golden_generation.json"))
func generationGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}
