import AviaryOperators
import TestSupport
import Testing

@Test("Shape operators against golden values", arguments: try golden("Shape/golden_shape.json"))
func shapeGolden(_ example: OperatorCase) throws {
  #expect(try example.differences(StandardOperators.registry()) == [])
}

/// The cases of a golden file beside the tests of this target.
func golden(_ path: String) throws -> [OperatorCase] {
  try OperatorCase.load("Tests/AviaryOperatorsTests/\(path)")
}
