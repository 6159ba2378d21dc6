import AviaryOperators
import TestSupport
import Testing

@Test("Reductions against golden values", arguments: try golden("Reduction/golden_reduction.json"))
func reductionGolden(_ example: OperatorCase) throws {
  let differences = try example.differences(StandardOperators.registry())
  #expect(differences.isEmpty, "\(differences.joined(separator: "; "))")
}
