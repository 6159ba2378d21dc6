import AviaryCore
import CSIMD

/// Kernels whose factors are bfloat16 and whose sums are single precision; see `aviary_bf16.h` for what
/// exactly they compute, which is the same on every processor.
package struct Bf16Kernels: @unchecked Sendable {
  // Why it may be shared: a constant table of functions, never written.
  package let table: aviary_bf16

  /// The kernels of the set in use.
  package static let current = Bf16Kernels()

  /// - Parameter emulated: whether to leave the processor's dot products alone.
  package init(_ set: TileKernels = .current, emulated: Bool = false) {
    // A set in use has its bfloat16 kernels: both are compiled from the same template.
    table = aviary_bf16_named(set.table.name, emulated ? 1 : 0)?.pointee ?? aviary_bf16()
  }

  /// Whether the processor has instructions for them.
  package var isNative: Bool { table.is_native != 0 }

  /// What kernel names end with.
  package var label: String { isNative ? "bf16" : "bf16 (emulated)" }

  /// Words that `count` numbers take.
  package static func words(_ count: Int) -> Int { (count + 1) / 2 }
}
