import CSIMD

/// Elementary functions over rows of single precision numbers, vectorised for the processor at hand.
///
/// `dst` may be `src`; otherwise they must not overlap. Errors are stated in `aviary_simd.h`: a few units in
/// the last place, NaN gives NaN, infinities their limits.
package enum VectorMath {
  package typealias Destination = UnsafeMutablePointer<Float>
  package typealias Source = UnsafePointer<Float>

  package static func exp(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_exp_f32(dst, src, count)
  }
  package static func tanh(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_tanh_f32(dst, src, count)
  }
  package static func erf(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_erf_f32(dst, src, count)
  }
  /// `1 / (1 + exp(-x))`.
  package static func sigmoid(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_sigmoid_f32(dst, src, count)
  }
  /// `x * sigmoid(x)`.
  package static func silu(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_silu_f32(dst, src, count)
  }
  /// `x / 2 * (1 + erf(x / sqrt 2))`.
  package static func gelu(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_gelu_f32(dst, src, count)
  }
  /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.
  package static func geluTanh(_ dst: Destination, _ src: Source, _ count: Int) {
    aviary_gelu_tanh_f32(dst, src, count)
  }
}
