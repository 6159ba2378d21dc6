import AviaryCore
import AviaryKernels
import AviaryOperators
import TestSupport
import Testing

/// The operators of the `aviary` domain against the specification's ones followed by what is fused into them.
@Suite struct FusedOperatorTests {
  static let activations: [(String, [Float])] = [
    ("", []), ("Relu", []), ("Clip", [-0.5, 0.5]), ("LeakyRelu", [0.2]), ("Sigmoid", []),
    ("HardSigmoid", [0.3, 0.4]),
    ("HardSwish", []), ("Silu", []), ("Gelu", []), ("Tanh", []), ("Elu", [0.7]),
  ]

  static func ramp(_ dims: [Int], _ step: Float) throws -> Tensor {
    let shape = try Shape(dims)
    return try Tensor((0..<shape.count).map { Float($0 * 37 % 101) * step - 50 * step }, shape: shape)
  }

  private func type(_ name: String, fused: Bool) throws -> any Operator.Type {
    let id = OperatorID(name, domain: fused ? OperatorID.aviaryDomain : "")
    return try #require(StandardOperators.registry().type(for: id, opset: fused ? 1 : 17))
  }

  private func attributes(_ activation: (String, [Float])) -> [String: AttributeValue] {
    ["activation": .string(activation.0), "activation_params": .floats(activation.1)]
  }

  /// Checks the fused operator with constant and with variable weights, as float and as double.
  private func check(
    _ name: String, _ inputs: [Tensor], _ attributes: [String: AttributeValue], extra: Tensor?,
    _ activation: (String, [Float]), plainInputs: [Tensor]
  ) throws {
    let definition = try #require(Activation(name: activation.0, parameters: activation.1))
    let plain = try runOperator(type(name, fused: false), plainInputs, attributes: attributes)
    let sums = try #require(plain[0]?.tensor).array(of: Float.self)
    let addends = try extra?.array(of: Float.self)
    let expected = sums.enumerated().map { index, sum in
      definition(Double(sum) + Double(addends.map { $0[index % $0.count] } ?? 0))
    }
    let all = attributes.merging(self.attributes(activation)) { $1 }
    for constants: Set<Int> in [[], [1, 2]] {
      let fused = try runOperator(type(name, fused: true), inputs, attributes: all, constants: constants)
      let found = try #require(fused[0]?.tensor).array(of: Float.self)
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 * max(1, abs($1)) })
    }
    let doubles = try inputs.map { tensor in
      try Tensor(tensor.array(of: Float.self).map(Double.init), shape: tensor.shape)
    }
    let wide = try runOperator(type(name, fused: true), doubles, attributes: all)
    let found = try #require(wide[0]?.tensor).array(of: Double.self)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-5 * max(1, abs($1)) })
  }

  @Test(arguments: activations)
  func convolution(activation: (String, [Float])) throws {
    // A product, a depthwise convolution with short rows and one with long rows.
    let shapes = [
      ([2, 3, 6, 5], [4, 3, 3, 3], 1), ([1, 4, 5, 5], [4, 1, 3, 3], 4), ([1, 2, 3, 70], [2, 1, 3, 3], 2),
    ]
    for (x, w, group) in shapes {
      let inputs = [try Self.ramp(x, 0.02), try Self.ramp(w, 0.01), try Self.ramp([w[0]], 0.05)]
      let residual = try Self.ramp([x[0], w[0], x[2], x[3]], 0.03)
      let attributes: [String: AttributeValue] = ["pads": .ints([1, 1, 1, 1]), "group": .int(Int64(group))]
      try check("Conv", inputs + [residual], attributes, extra: residual, activation, plainInputs: inputs)
    }
  }

  @Test(arguments: activations)
  func gemm(activation: (String, [Float])) throws {
    let inputs = [try Self.ramp([5, 7], 0.05), try Self.ramp([9, 7], 0.04), try Self.ramp([9], 0.1)]
    try check("Gemm", inputs, ["transB": .int(1)], extra: nil, activation, plainInputs: inputs)
  }

  @Test(arguments: activations)
  func matMul(activation: (String, [Float])) throws {
    let inputs = [try Self.ramp([2, 5, 7], 0.05), try Self.ramp([7, 9], 0.04)]
    let bias = try Self.ramp([9], 0.1)
    try check("MatMul", inputs + [bias], [:], extra: bias, activation, plainInputs: inputs)
  }

  @Test func whatCannotBe() throws {
    let x = try Self.ramp([1, 2, 4, 4], 0.1)
    let w = try Self.ramp([2, 2, 3, 3], 0.1)
    #expect(throws: OperatorError.self) {
      try runOperator(type("Conv", fused: true), [x, w, nil, Self.ramp([1, 2, 2, 3], 0.1)])
    }
    #expect(throws: ImportError.self) {
      try runOperator(type("Conv", fused: true), [x, w], attributes: ["activation": .string("Sinc")])
    }
    #expect(throws: OperatorError.self) {
      try runOperator(
        type("MatMul", fused: true), [Self.ramp([2, 3], 0.1), Self.ramp([3, 4], 0.1), Self.ramp([3], 0.1)])
    }
  }
}
