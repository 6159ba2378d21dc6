import AviaryCore
import AviaryKernels

/// A tensor's elements as cells of 1, 2, 4, 8 or 16 bytes.
struct Cells {
  let address: UnsafeRawPointer
  let count: Int
}

/// Moves elements of any type without looking at them: Transpose, Concat, Gather and their kind.
///
/// Types of whole bytes are moved where they lie. Packed types are spread to a byte per element first and
/// packed again at the end; of strings the positions are moved (8 bytes each), and looked up at the end.
struct CellMover {
  /// Bytes of a cell.
  let width: Int
  let elementType: ElementType
  private let context: RunContext
  private var strings: [String] = []

  init(_ context: RunContext, _ elementType: ElementType) {
    self.context = context
    self.elementType = elementType
    self.width = elementType == .string ? 8 : max(1, elementType.bitWidth / 8)
  }

  /// The cells of a source tensor, valid while that tensor is alive: of an input, until the operator returns.
  ///
  /// - Throws: `OperatorError.invalid` where its element type is another.
  mutating func source(_ tensor: Tensor) throws(OperatorError) -> Cells {
    guard tensor.elementType == elementType else {
      throw .invalid("element types differ: \(tensor.elementType.name) and \(elementType.name)")
    }
    if elementType == .string {
      let positions = try context.scratch(tensor.count, of: Int64.self)
      let start = strings.count
      for i in 0..<tensor.count { positions[i] = Int64(start + i) }
      strings += try checked { () throws(TensorError) in try tensor.strings() }
      return try cells(positions.baseAddress, tensor.count)
    }
    guard elementType.isPacked else { return try cells(tensor.address, tensor.count) }
    let bytes = try context.scratch(tensor.count, of: UInt8.self)
    let target = try cells(bytes.baseAddress, tensor.count)
    if let packed = tensor.address, let bytes = bytes.baseAddress {
      unpackCells(packed, to: bytes, count: tensor.count, bitWidth: elementType.bitWidth)
    }
    return target
  }

  private func cells(_ address: UnsafeMutableRawPointer?, _ count: Int) throws(OperatorError) -> Cells {
    guard let address else { throw .invalid("the input has no bytes") }
    return Cells(address: address, count: count)
  }

  private func cells(_ address: UnsafeMutablePointer<some Any>?, _ count: Int) throws(OperatorError) -> Cells
  {
    try cells(address.map { UnsafeMutableRawPointer($0) }, count)
  }

  /// One cell of zeros (the empty string): what pads and gaps are filled with by default.
  mutating func zero() throws(OperatorError) -> Cells {
    if elementType == .string {
      return try source(checked { () throws(TensorError) in try Tensor(strings: [""], shape: .vector(1)) })
    }
    let words = try context.scratch(2, of: UInt64.self)
    words.initialize(repeating: 0)
    return try cells(words.baseAddress, 1)
  }

  /// One cell that holds a number, in the element type's form.
  ///
  /// - Throws: `OperatorError.type` for types that hold no numbers of their own memory cell.
  mutating func number(_ value: Double) throws(OperatorError) -> Cells {
    guard value != 0 else { return try zero() }
    let tensor = try numberTensor([value], as: elementType, shape: .scalar)
    let words = try context.scratch(2, of: UInt64.self)
    tensor.withBytes { UnsafeMutableRawBufferPointer(words).copyMemory(from: $0) }
    return try cells(words.baseAddress, 1)
  }

  /// Memory for the cells of an output, to be written whole and then handed to `finish`.
  ///
  /// - Throws: `OperatorError` for an impossible shape or one beyond the budget.
  func destination(_ index: Int, _ dims: [Int]) throws(OperatorError) -> UnsafeMutableRawPointer {
    let shape = try checked { () throws(TensorError) in try Shape(dims) }
    let address: UnsafeMutableRawPointer?
    if elementType == .string {
      address = UnsafeMutableRawPointer(try context.scratch(shape.count, of: Int64.self).baseAddress)
    } else if elementType.isPacked {
      address = UnsafeMutableRawPointer(try context.scratch(shape.count, of: UInt8.self).baseAddress)
    } else {
      address = try context.makeBytes(index, elementType, dims).baseAddress
    }
    guard let address else { throw .invalid("the output has no bytes") }
    return address
  }

  /// Makes the cells written to `destination` the output.
  func finish(_ index: Int, _ dims: [Int], _ cells: UnsafeMutableRawPointer) throws(OperatorError) {
    let count = try checked { () throws(TensorError) in try Shape(dims) }.count
    if elementType == .string {
      let positions = UnsafeBufferPointer(start: cells.assumingMemoryBound(to: Int64.self), count: count)
      let result = positions.map { strings[Int($0)] }
      context.set(
        index, try checked { () throws(TensorError) in try Tensor(strings: result, shape: Shape(dims)) })
    } else if elementType.isPacked {
      let bytes = try context.makeBytes(index, elementType, dims)
      guard let packed = bytes.baseAddress else { return }
      packCells(cells, to: packed, count: count, bitWidth: elementType.bitWidth)
    }
  }

  /// Makes output `index` by one strided copy of `tensor`.
  mutating func copy(
    _ tensor: Tensor, to index: Int, _ dims: [Int], _ layout: StridedCopy
  ) throws(OperatorError) {
    let from = try source(tensor)
    let to = try destination(index, dims)
    layout.run(from: from.address, to: to, width: width, parallel: context.parallel)
    try finish(index, dims, to)
  }
}
