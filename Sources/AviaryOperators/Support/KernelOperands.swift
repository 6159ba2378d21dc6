import AviaryCore
import AviaryKernels

// What operators need to bind themselves to shapes: sizes of values that are known, and the addresses that a
// kernel is given.

extension ValueInfo {
  /// The shape, where every extent is known.
  var knownShape: Shape? { shape.known.flatMap { try? Shape($0) } }
}

extension KernelIO {
  /// The elements of an input; the plan gives every input that a kernel reads an address.
  func row(_ index: Int, _ type: ElementType) -> ElementRow? {
    inputs[index].map { ElementRow($0, type) }
  }

  /// The elements of an output that somebody reads.
  func target(_ index: Int, _ type: ElementType) -> MutableElementRow? {
    outputs[index].map { MutableElementRow($0, type) }
  }
}

extension ElementType {
  /// The compute type whose elements these are, so that loops run on them without conversion.
  var ownComputeType: ComputeType? {
    guard let compute = computeType, compute.elementType == self else { return nil }
    return compute
  }
}
