import Foundation

/// How a resize weighs the source pixels around a target pixel.
public enum ResampleKernel: String, Sendable, CaseIterable, Codable {
  case nearest
  case box
  case bilinear
  case hamming
  case bicubic
  case lanczos

  /// Half the kernel's width in source pixels, before it is widened for a smaller target.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The kernel at distance `x`; Keys' cubic with a = -0.5.
  func weight(_ x: Double) -> Double {
    switch self {
    case .nearest, .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - abs(x))
    case .hamming:
      let x = abs(x)
      if x == 0 { return 1 }
      return x >= 1 ? 0 : sin(x * .pi) / (x * .pi) * (0.54 + 0.46 * cos(x * .pi))
    case .bicubic: return Self.cubic(abs(x), a: -0.5)
    case .lanczos:
      guard x >= -3, x < 3 else { return 0 }
      return Self.sinc(x) * Self.sinc(x / 3)
    }
  }

  /// Keys' cubic convolution kernel (1981) for `x >= 0`.
  static func cubic(_ x: Double, a: Double) -> Double {
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}
