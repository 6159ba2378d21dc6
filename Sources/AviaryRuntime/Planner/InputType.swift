import AviaryCore

/// The type of one graph input of a plan, in a form that is compared without allocating.
struct InputType: Sendable {
  let type: ValueType
  let elementType: ElementType?
  /// Extents where the input is a tensor of plain elements whose shape is known.
  let dims: [Int]?

  init(_ type: ValueType) {
    self.type = type
    let info = ValueInfo(type)
    elementType = info.elementType
    dims = info.elementType == nil || info.elementType == .string ? nil : info.shape.known
  }

  func matches(_ tensor: Tensor) -> Bool { elementType == tensor.elementType && dims == tensor.shape.dims }

  func matches(_ value: Value) -> Bool {
    if let dims, case .tensor(let tensor) = value {
      return elementType == tensor.elementType && dims == tensor.shape.dims
    }
    return type == value.type
  }
}

/// Where a graph output comes from, and what it is.
struct OutputSource: Sendable {
  let slot: Int
  let home: ValueHome
  /// Whether kernels write straight into the memory of this output.
  let isDirect: Bool
  let elementType: ElementType?
  /// `nil` where the value is not a tensor of plain elements, or its shape is not known before it is made.
  let shape: Shape?
  let byteCount: Int

  init(_ index: Int, _ slot: Int, home: ValueHome, info: ValueInfo) {
    self.slot = slot
    self.home = home
    isDirect = home == .output(index)
    elementType = info.elementType
    byteCount = info.plannedByteCount ?? 0
    shape = info.plannedByteCount == nil ? nil : info.shape.known.flatMap { try? Shape($0) }
  }
}
