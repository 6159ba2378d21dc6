import CSIMD

#if canImport(Glibc)
  import Glibc
#endif

/// A function applied to finished results inside a kernel.
///
/// Names and parameters are those of the ONNX operators; `Gelu` is the exact form, `GeluTanh` the
/// approximate.
package struct Activation: Sendable, Equatable {
  package enum Kind: UInt32, Sendable, CaseIterable {
    case none, relu, clip, leakyRelu, sigmoid, hardSigmoid, hardSwish, silu, gelu, geluTanh, tanh, elu
  }

  package let kind: Kind
  /// Clip: min, max. LeakyRelu, Elu: alpha. HardSigmoid: alpha, beta.
  package let first: Float
  package let second: Float

  package static let none = Activation(.none)

  package init(_ kind: Kind, _ first: Float = 0, _ second: Float = 0) {
    self.kind = kind
    self.first = first
    self.second = second
  }

  /// - Parameters:
  ///   - name: `""`, `Relu`, `Clip`, `LeakyRelu`, `Sigmoid`, `HardSigmoid`, `HardSwish`, `Silu`, `Gelu`,
  ///     `GeluTanh`, `Tanh` or `Elu`; anything else gives `nil`.
  ///   - parameters: missing ones take the operator's defaults; a Clip without bounds has none.
  package init?(name: String, parameters: [Float] = []) {
    func parameter(_ index: Int, _ fallback: Float) -> Float {
      parameters.indices.contains(index) ? parameters[index] : fallback
    }
    switch name {
    case "": self.init(.none)
    case "Relu": self.init(.relu)
    case "Clip": self.init(.clip, parameter(0, -.infinity), parameter(1, .infinity))
    case "LeakyRelu": self.init(.leakyRelu, parameter(0, 0.01))
    case "Sigmoid": self.init(.sigmoid)
    case "HardSigmoid": self.init(.hardSigmoid, parameter(0, 0.2), parameter(1, 0.5))
    case "HardSwish": self.init(.hardSwish)
    case "Silu": self.init(.silu)
    case "Gelu": self.init(.gelu)
    case "GeluTanh": self.init(.geluTanh)
    case "Tanh": self.init(.tanh)
    case "Elu": self.init(.elu, parameter(0, 1))
    default: return nil
    }
  }

  /// The function itself, one number at a time, in double precision.
  package func callAsFunction(_ x: Double) -> Double {
    let (a, b) = (Double(first), Double(second))
    func clamp(_ x: Double, _ low: Double, _ high: Double) -> Double { x < low ? low : x > high ? high : x }
    switch kind {
    case .none: return x
    case .relu: return x < 0 ? 0 : x
    case .clip: return clamp(x, a, b)
    case .leakyRelu: return x < 0 ? a * x : x
    case .sigmoid: return 1 / (1 + exp(-x))
    case .hardSigmoid: return clamp(a * x + b, 0, 1)
    case .hardSwish: return x * clamp(x / 6 + 0.5, 0, 1)
    case .silu: return x == -.infinity ? 0 : x / (1 + exp(-x))
    case .gelu: return x == -.infinity ? 0 : 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh:
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return x == -.infinity ? 0 : 0.5 * x * (1 + hyperbolicTangent(inner))
    case .tanh: return hyperbolicTangent(x)
    case .elu: return x < 0 ? a * expm1(x) : x
    }
  }
}

/// The hyperbolic tangent of the C library, under a name that no case of the enumeration hides.
private func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }

/// What happens to the results of a kernel: `activation(result + rowBias[i] + columnBias[j] + residual[i,
/// j])`. Absent parts are `nil`.
package struct Epilogue {
  package var rowBias: UnsafePointer<Float>?
  package var columnBias: UnsafePointer<Float>?
  package var residual: UnsafePointer<Float>?
  /// Elements between the rows of `residual`.
  package var residualRow = 0
  package var activation = Activation.none

  package init(
    rowBias: UnsafePointer<Float>? = nil, columnBias: UnsafePointer<Float>? = nil,
    residual: UnsafePointer<Float>? = nil, residualRow: Int = 0, activation: Activation = .none
  ) {
    self.rowBias = rowBias
    self.columnBias = columnBias
    self.residual = residual
    self.residualRow = residualRow
    self.activation = activation
  }

  /// Whether results stay as they are.
  package var isIdentity: Bool {
    rowBias == nil && columnBias == nil && residual == nil && activation == .none
  }

  /// The part of it that concerns the block from (`row`, `column`) on.
  package func from(row: Int, column: Int) -> aviary_epilogue {
    aviary_epilogue(
      row_bias: rowBias.map { $0 + row }, column_bias: columnBias.map { $0 + column },
      residual: residual.map { $0 + (row * residualRow + column) }, residual_row: residualRow,
      activation: Int32(activation.kind.rawValue), parameters: (activation.first, activation.second))
  }
}
