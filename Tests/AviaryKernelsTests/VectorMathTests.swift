import CSIMD
import Foundation
import Testing

/// Kernel sets that this processor can run.
let availableSets: [String] = ["portable", "avx2", "avx512"].filter { aviary_kernels_named($0) != nil }

@Suite struct VectorMathTests {
  struct Function: Sendable, CustomStringConvertible {
    let description: String
    let kernel: @Sendable (aviary_kernels) -> aviary_row_fn
    let exact: @Sendable (Double) -> Double
    let range: ClosedRange<Float>
    /// Largest error allowed, in units of the last place of the result and absolutely; either suffices.
    let ulps: Double
    let absolute: @Sendable (Double) -> Double
  }

  static let functions = [
    Function(description: "exp", kernel: { $0.exp }, exact: { Foundation.exp($0) }, range: -110...95, ulps: 2,
      absolute: { _ in 0 }),
    Function(description: "tanh", kernel: { $0.tanh }, exact: { Foundation.tanh($0) }, range: -12...12,
      ulps: 4, absolute: { _ in 0 }),
    Function(description: "tanh near 0", kernel: { $0.tanh }, exact: { Foundation.tanh($0) },
      range: -0.01...0.01, ulps: 4, absolute: { _ in 0 }),
    Function(description: "erf", kernel: { $0.erf }, exact: { Foundation.erf($0) }, range: -5...5, ulps: 0,
      absolute: { _ in 3e-7 }),
    Function(description: "sigmoid", kernel: { $0.sigmoid }, exact: { 1 / (1 + Foundation.exp(-$0)) },
      range: -110...110, ulps: 4, absolute: { _ in 0 }),
    Function(description: "silu", kernel: { $0.silu }, exact: { $0 / (1 + Foundation.exp(-$0)) },
      range: -100...100, ulps: 0, absolute: { 2e-7 * max(1, abs($0)) }),
    Function(description: "gelu", kernel: { $0.gelu },
      exact: { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) }, range: -20...20, ulps: 0,
      absolute: { 6e-7 * max(1, abs($0)) }),
    Function(description: "gelu_tanh", kernel: { $0.gelu_tanh },
      exact: { x in
        0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      },
      range: -20...20, ulps: 0, absolute: { 6e-7 * max(1, abs($0)) }),
  ]

  @Test(arguments: availableSets, functions)
  func errorsStayWithinWhatIsDocumented(set: String, function: Function) throws {
    let kernels = try #require(aviary_kernels_named(set)).pointee
    // An odd count: the last, partial vector is among what is checked.
    let count = 20_011
    let width = function.range.upperBound - function.range.lowerBound
    let x = (0..<count).map { function.range.lowerBound + width * Float($0) / Float(count - 1) }
    var y = [Float](repeating: 0, count: count)
    function.kernel(kernels)(&y, x, count)
    var worst = (excess: -Double.infinity, x: Float(0))
    for (x, y) in zip(x, y) {
      let exact = function.exact(Double(x))
      if Float(exact).isInfinite && y == Float(exact) { continue }
      let allowed = max(function.ulps * Double(Float(exact).ulp), function.absolute(Double(x)))
      let excess = abs(Double(y) - exact) - allowed
      if excess > worst.excess || excess.isNaN { worst = (excess, x) }
    }
    #expect(worst.excess <= 0, "at \(worst.x)")
  }

  @Test(arguments: availableSets)
  func specialValues(set: String) throws {
    let kernels = try #require(aviary_kernels_named(set)).pointee
    let x: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1e30, -1e30]
    func values(_ function: aviary_row_fn) -> [Float] {
      var y = x
      function(&y, y, y.count)
      return y
    }
    let limits: [(aviary_row_fn, [Float])] = [
      (kernels.exp, [.nan, .infinity, 0, 1, 1, .infinity, 0]),
      (kernels.tanh, [.nan, 1, -1, 0, -0.0, 1, -1]),
      (kernels.erf, [.nan, 1, -1, 0, -0.0, 1, -1]),
      (kernels.sigmoid, [.nan, 1, 0, 0.5, 0.5, 1, 0]),
      (kernels.silu, [.nan, .infinity, 0, 0, 0, 1e30, 0]),
      (kernels.gelu, [.nan, .infinity, 0, 0, 0, 1e30, 0]),
      (kernels.gelu_tanh, [.nan, .infinity, 0, 0, 0, 1e30, 0]),
    ]
    for (function, expected) in limits {
      for (y, e) in zip(values(function), expected) { #expect(y == e || (y.isNaN && e.isNaN)) }
    }
  }
}
