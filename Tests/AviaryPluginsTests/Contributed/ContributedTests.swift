import Aviary
import AviaryCore
import AviaryKernels
import TestSupport
import Testing

/// The operators of `com.microsoft` against what ONNX Runtime makes of the same inputs (`golden_contributed.py`).
@Suite struct ContributedTests {
  static let cases = (try? OperatorCase.load("Tests/AviaryPluginsTests/Contributed/golden_contributed.json")) ?? []

  @Test func everyOperatorHasCases() throws {
    let registered = try BuiltinPlugins.registry().operators.factories.keys.filter { $0.domain == "com.microsoft" }
    #expect(Set(registered.map(\.name)) == Set(Self.cases.map(\.operator)))
    #expect(registered.count >= 30)
  }

  @Test(arguments: cases) func equalsONNXRuntime(_ example: OperatorCase) throws {
    let registry = try BuiltinPlugins.registry().operators
    #expect(try example.differences(registry) == [])
    // Weights that are constant are taken apart when the model is loaded.
    if example.operator == "MatMulNBits" {
      #expect(try example.differences(registry, constants: [1, 2, 3]) == [])
    }
  }
}
