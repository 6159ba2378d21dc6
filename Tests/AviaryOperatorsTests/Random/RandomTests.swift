import AviaryCore
import AviaryOperators
import Foundation
import TestSupport
import Testing

/// Random operators: what numpy's `RandomState` draws for a seed (values written down from numpy 2.x), and the
/// shape of distributions.
@Suite struct RandomTests {
  private func run(
    _ name: String, _ inputs: [Tensor?] = [], _ attributes: [String: AttributeValue]
  ) throws -> Tensor {
    let registry = try StandardOperators.registry()
    let type = try #require(registry.type(for: OperatorID(name), opset: 22))
    return try #require(try runOperator(type, inputs, attributes: attributes, opset: 22)[0]?.tensor)
  }

  /// `numpy.random.RandomState(7).rand(4)`, and `.randn(4)`.
  @Test func seededDrawsAreNumpys() throws {
    let uniform = try run("RandomUniform", [], ["shape": .ints([4]), "seed": .float(7), "dtype": .int(11)])
    let rand = [0.07630828937395717, 0.7799187922401146, 0.4384092314408935, 0.7234651778309412]
    #expect(try zip(uniform.array(of: Double.self), rand).allSatisfy { abs($0 - $1) < 1e-15 })
    let normal = try run("RandomNormal", [], ["shape": .ints([4]), "seed": .float(7), "dtype": .int(11)])
    let randn = [1.690525703800356, -0.4659373705408328, 0.0328201636785844, 0.40751628299650783]
    #expect(try zip(normal.array(of: Double.self), randn).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func boundsAndMomentsAreThose() throws {
    let like = try Tensor([Float](repeating: 0, count: 20_000), shape: Shape([100, 200]))
    let uniform = try run("RandomUniformLike", [like], ["low": .float(-2), "high": .float(6), "seed": .float(1)])
    let values = try uniform.array(of: Float.self)
    #expect(uniform.shape == like.shape && values.allSatisfy { $0 >= -2 && $0 <= 6 })
    #expect(abs(values.reduce(0, +) / 20_000 - 2) < 0.1)
    let normal = try run("RandomNormalLike", [like], ["mean": .float(3), "scale": .float(2), "seed": .float(1)])
      .array(of: Float.self)
    let mean = normal.reduce(0, +) / 20_000
    #expect(abs(mean - 3) < 0.1)
    #expect(abs((normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000).squareRoot() - 2) < 0.1)
  }

  @Test func withoutASeedRunsDiffer() throws {
    let first = try run("RandomUniform", [], ["shape": .ints([8])]).array(of: Float.self)
    let second = try run("RandomUniform", [], ["shape": .ints([8])]).array(of: Float.self)
    #expect(first != second)
  }

  @Test func bernoulliFollowsItsProbabilities() throws {
    let chances = try Tensor((0..<10_000).map { Float($0 % 5) / 4 }, shape: Shape([10_000]))
    let draws = try run("Bernoulli", [chances], ["dtype": .int(6), "seed": .float(3)]).array(of: Int32.self)
    #expect(draws.allSatisfy { $0 == 0 || $0 == 1 })
    for k in 0..<5 {
      let ones = draws.enumerated().filter { $0.offset % 5 == k && $0.element == 1 }.count
      #expect(abs(Double(ones) / 2000 - Double(k) / 4) < 0.04)
    }
    let wrong = try Tensor([Float(1.5)])
    #expect(throws: OperatorError.self) { try run("Bernoulli", [wrong], [:]) }
  }

  @Test func multinomialFollowsItsLogits() throws {
    let logits = try Tensor([log(Float(0.2)), log(0.5), log(0.3), -.infinity, 5, 5, 5, 5], shape: Shape([2, 4]))
    let draws = try run("Multinomial", [logits], ["sample_size": .int(8000), "seed": .float(4), "dtype": .int(7)])
    #expect(draws.shape.dims == [2, 8000])
    let values = try draws.array(of: Int64.self)
    for (index, expected) in [0.2, 0.5, 0.3, 0].enumerated() {
      let found = Double(values[..<8000].filter { $0 == Int64(index) }.count) / 8000
      #expect(abs(found - expected) < 0.03)
    }
    let hopeless = try Tensor([-Float.infinity, -.infinity], shape: Shape([1, 2]))
    #expect(throws: OperatorError.self) { try run("Multinomial", [hopeless], [:]) }
  }

  @Test func wrongAttributesAreRefused() {
    for (name, attributes) in [
      ("RandomNormal", [:]), ("RandomNormal", ["shape": AttributeValue.ints([-1])]),
      ("RandomUniform", ["shape": .ints([2]), "dtype": .int(6)]), ("RandomUniform", ["shape": .ints([1 << 40, 1 << 40])]),
      ("RandomUniform", ["shape": .ints([2]), "seed": .float(1e30)]), ("Multinomial", ["sample_size": .int(0)]),
    ] as [(String, [String: AttributeValue])] {
      #expect(throws: (any Error).self) { try run(name, [], attributes) }
    }
  }
}
