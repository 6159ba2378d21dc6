import AviaryOperators
import TestSupport
import Testing

@Test(
  "Element-wise operators against golden values",
  arguments: try golden("Elementwise/golden_elementwise.json"))
func elementwiseGolden(_ example: OperatorCase) throws {
  let differences = try example.differences(StandardOperators.registry())
  #expect(differences.isEmpty, "\(differences.joined(separator: "; "))")
}
