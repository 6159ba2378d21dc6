import AviaryCore

/// Elements of some type in memory, to be read. The type is known at run time only.
@usableFromInline
package struct ElementRow: @unchecked Sendable {
  package let base: UnsafeRawPointer
  package let type: ElementType

  package init(_ base: UnsafeRawPointer, _ type: ElementType) {
    self.base = base
    self.type = type
  }

  /// A tensor's elements, valid while it is alive; `nil` for strings.
  package init?(_ tensor: Tensor) {
    guard let address = tensor.address else { return nil }
    self.init(address, tensor.elementType)
  }
}

/// Elements of some type in memory, to be written.
@usableFromInline
package struct MutableElementRow: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let type: ElementType
  /// How values are rounded where the type is one of the small floating-point formats.
  package var saturate = true
  package var rounding = ScaleFloat.Rounding.up

  package init(_ base: UnsafeMutableRawPointer, _ type: ElementType) {
    self.base = base
    self.type = type
  }

  /// The same elements, to be read.
  package var reading: ElementRow { ElementRow(base, type) }
}
