import AviaryCore
import CAviaryPlugin
import Foundation

/// Memory of the structs and arrays that one call of a plugin gets; released with the arena.
final class ForeignArena {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { blocks.forEach { $0.deallocate() } }

  /// A copy of `values`, or `nil` for none.
  func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T>? {
    guard !values.isEmpty else { return nil }
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: values.count * MemoryLayout<T>.stride, alignment: MemoryLayout<T>.alignment)
    blocks.append(block)
    let typed = block.bindMemory(to: T.self, capacity: values.count)
    for (index, value) in values.enumerated() { (typed + index).initialize(to: value) }
    return typed
  }

  func place<T: BitwiseCopyable>(_ value: T) -> UnsafePointer<T>? { UnsafePointer(array([value])) }

  /// An array of pointers to copies of `values`; `nil` becomes NULL.
  func pointers<T: BitwiseCopyable>(_ values: [T?]) -> UnsafePointer<UnsafePointer<T>?>? {
    UnsafePointer(array(values.map { $0.flatMap { place($0) } }))
  }

  /// The bytes of `text` and a NUL.
  func text(_ text: String) -> UnsafePointer<CChar>? { UnsafePointer(array(Array(text.utf8CString))) }

  /// A tensor as the plugin sees it. Whoever calls keeps the tensor alive.
  ///
  /// - Throws: `CallFailure.refused` for strings and for more axes than the interface has.
  func tensor(_ tensor: Tensor, _ what: String) throws(CallFailure) -> AviaryTensor {
    guard let address = tensor.address else {
      throw .refused(
        status: Int32(AVIARY_UNSUPPORTED.rawValue), "\(what) holds strings, which plugins cannot take")
    }
    guard tensor.shape.rank <= Int(AVIARY_MAX_RANK) else {
      throw .refused(
        status: Int32(AVIARY_UNSUPPORTED.rawValue),
        "\(what) has \(tensor.shape.rank) axes, plugins take \(AVIARY_MAX_RANK)")
    }
    var result = AviaryTensor()
    result.size = foreignSize(AviaryTensor.self)
    result.abi = UInt32(AVIARY_ABI)
    result.element_type = tensor.elementType.rawValue
    result.rank = Int32(tensor.shape.rank)
    result.dims = UnsafePointer(array(tensor.shape.dims.map { Int64($0) }))
    result.data = UnsafeRawPointer(address)
    result.byte_count = tensor.byteCount
    return result
  }
}
