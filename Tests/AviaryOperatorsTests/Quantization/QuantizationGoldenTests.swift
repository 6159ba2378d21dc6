import AviaryOperators
import TestSupport
import Testing

@Test(
  "Quantization operators against golden values",
  arguments: try golden("Quantization/golden_quantization.json"))
func quantizationGolden(_ example: OperatorCase) throws {
  let differences = try example.differences(StandardOperators.registry())
  #expect(differences.isEmpty, "\(differences.joined(separator: "; "))")
}
