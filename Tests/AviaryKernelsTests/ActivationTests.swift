import AviaryKernels
import CSIMD
import Testing

@Suite struct ActivationTests {
  static let activations = [
    Activation(.none), Activation(.relu), Activation(.clip, -0.5, 3), Activation(.leakyRelu, 0.1),
    Activation(.sigmoid), Activation(.hardSigmoid, 0.2, 0.5), Activation(.hardSwish), Activation(.silu),
    Activation(.gelu), Activation(.geluTanh), Activation(.tanh), Activation(.elu, 1.5),
  ]

  @Test func everyKindIsTested() {
    #expect(Set(Self.activations.map(\.kind)) == Set(Activation.Kind.allCases))
  }

  @Test(arguments: availableSets, activations)
  func rowsAgreeWithTheDefinition(set: String, activation: Activation) throws {
    let kernels = try #require(TileKernels(name: set))
    let x = (0..<1003).map { Float($0 - 500) / 37 } + [.nan, .infinity, -.infinity]
    let expected = x.map { activation(Double($0)) }
    var part = Epilogue(activation: activation).from(row: 0, column: 0)
    var y = [Float](repeating: 0, count: x.count)
    kernels.table.finish(x, x.count, &y, x.count, 1, x.count, &part)
    for (found, expected) in zip(y, expected) {
      #expect(
        Double(found) == expected || (found.isNaN && expected.isNaN)
          || abs(Double(found) - expected) < 1e-6 * max(1, abs(expected)))
    }
  }

  @Test func namesOfTheOperators() {
    #expect(Activation(name: "") == Activation.none)
    #expect(Activation(name: "Clip", parameters: [0, 6]) == Activation(.clip, 0, 6))
    #expect(Activation(name: "LeakyRelu") == Activation(.leakyRelu, 0.01))
    #expect(Activation(name: "HardSigmoid", parameters: [0.25]) == Activation(.hardSigmoid, 0.25, 0.5))
    #expect(Activation(name: "Sinc") == nil)
  }
}
