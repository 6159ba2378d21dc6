import CSIMD
import Foundation
import Testing

/// Kernel sets that this processor can run.
let availableSets: [String] = ["portable", "avx2", "avx512", "avx512vnni"].filter { aviary_kernels_named($0) != nil }

@Suite struct VectorMathTests {
  struct Function: Sendable, CustomStringConvertible {
    let description: String
    let kernel: @Sendable (aviary_kernels) -> aviary_row_fn
    let exact: @Sendable (Double) -> Double
    let range: ClosedRange<Float>
    /// Largest error allowed, relative to the result and absolutely; either suffices.
    let relative: Double
    let absolute: Double
  }

  static let exp: @Sendable (Double) -> Double = { Foundation.exp($0) }
  static let tanh: @Sendable (Double) -> Double = { Foundation.tanh($0) }
  static let erf: @Sendable (Double) -> Double = { Foundation.erf($0) }
  static let sigmoid: @Sendable (Double) -> Double = { 1 / (1 + Foundation.exp(-$0)) }
  static let silu: @Sendable (Double) -> Double = { $0 / (1 + Foundation.exp(-$0)) }
  /// By way of erfc, so that the negative tail is exact.
  static let gelu: @Sendable (Double) -> Double = { 0.5 * $0 * Foundation.erfc(-$0 / 2.0.squareRoot()) }
  static let geluTanh: @Sendable (Double) -> Double = { x in
    x / (1 + Foundation.exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  }
  /// Where sigmoid ends.
  static let tiny = 1.7e-38

  /// What `aviary_simd.h` says.
  static let functions = [
    Function(description: "exp", kernel: { $0.exp }, exact: exp, range: -87...95, relative: 2.4e-7, absolute: 0),
    Function(
      description: "exp, denormal", kernel: { $0.exp }, exact: exp, range: -110 ... -87, relative: 2.4e-7,
      absolute: 2.9e-45),
    Function(description: "tanh", kernel: { $0.tanh }, exact: tanh, range: -12...12, relative: 4e-7, absolute: 0),
    Function(
      description: "tanh near 0", kernel: { $0.tanh }, exact: tanh, range: -0.01...0.01, relative: 4e-7,
      absolute: 0),
    Function(description: "erf", kernel: { $0.erf }, exact: erf, range: -5...5, relative: 5e-7, absolute: 0),
    Function(
      description: "erf near 0", kernel: { $0.erf }, exact: erf, range: -1e-3...1e-3, relative: 4e-7,
      absolute: 0),
    Function(
      description: "sigmoid", kernel: { $0.sigmoid }, exact: sigmoid, range: -110...110, relative: 4e-7,
      absolute: tiny),
    Function(
      description: "silu", kernel: { $0.silu }, exact: silu, range: -110...110, relative: 5e-7,
      absolute: 1.5e-36),
    Function(description: "gelu", kernel: { $0.gelu }, exact: gelu, range: -1...20, relative: 1e-6, absolute: 0),
    Function(
      description: "gelu, negative", kernel: { $0.gelu }, exact: gelu, range: -20 ... -1, relative: 0,
      absolute: 5.6 * 2.5e-7),
    Function(
      description: "gelu_tanh", kernel: { $0.gelu_tanh }, exact: geluTanh, range: -3...20, relative: 1e-6,
      absolute: 0),
    Function(
      description: "gelu_tanh, negative", kernel: { $0.gelu_tanh }, exact: geluTanh, range: -20 ... -3,
      relative: 0, absolute: 2e-7),
  ]

  @Test(arguments: availableSets, functions)
  func errorsStayWithinWhatIsDocumented(set: String, function: Function) throws {
    let kernels = try #require(aviary_kernels_named(set)).pointee
    // An odd count: the last, partial vector is among what is checked.
    let count = 200_011
    let width = function.range.upperBound - function.range.lowerBound
    let x = (0..<count).map { function.range.lowerBound + width * Float($0) / Float(count - 1) }
    var y = [Float](repeating: 0, count: count)
    function.kernel(kernels)(&y, x, count)
    var worst = (excess: -Double.infinity, x: Float(0))
    for (x, y) in zip(x, y) {
      let exact = function.exact(Double(x))
      if Float(exact).isInfinite && y == Float(exact) { continue }
      let allowed = max(function.relative * abs(exact), function.absolute)
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
      // The gates end just above 0.
      for (y, e) in zip(values(function), expected) {
        #expect(
          y == e || (y.isNaN && e.isNaN) || (e == 0 && abs(y) < 1.5e-36))
      }
    }
  }
}
