import AviaryCore

/// `A B^T + bias` with `B` in blocks of 2-, 4- or 8-bit integers along its rows. `com.microsoft.MatMulNBits`.
///
/// `B` is `[N, blocks, block_size * bits / 8]`, low bits first; each block has a scale and, packed alike, a zero
/// point (the middle of the range without one). A constant `B` becomes numbers once, when the model is loaded.
struct MatMulNBits: PreparingOperator {
  static let id = contributed("MatMulNBits")
  static let opsets = 1...1

  private let packing: BlockPacking
  private var product: Step
  private let add: Step
  /// `[K, N]`, where the packed weights are constant.
  private var weights: Tensor?

  init(attributes: inout Attributes, opset: Int) throws(ImportError) {
    packing = try BlockPacking(&attributes)
    // How precisely ONNX Runtime may compute; here it is single precision.
    attributes.ignore("accuracy_level")
    attributes.ignore("weight_prepacked")
    (product, add) = (try Step("MatMul"), try Step("Add"))
  }

  let consumedInputs: Set<Int> = [1, 2, 3]

  func prepared(_ inputs: [ValueInfo]) throws(OperatorError) -> any Operator {
    guard inputs.at(4) == nil, let b = inputs.at(1)?.tensor, let scales = inputs.at(2)?.tensor,
      inputs.at(3) == nil || inputs.at(3)?.tensor != nil
    else { return self }
    var result = self
    result.weights = try packing.numbers(b, scales, inputs.at(3)?.tensor)
    return result
  }

  func infer(_ inputs: [ValueInfo]) throws(OperatorError) -> [ValueInfo] {
    let a = try inputs.required(0)
    guard let dims = a.shape.dims else { return [ValueInfo(a.elementType, .unknown)] }
    guard let last = dims.last else { throw .rank(0, input: 0, needs: "1 or more") }
    if let extent = last.value, extent != packing.k { throw .invalid("A has rows of \(extent), K is \(packing.k)") }
    return [ValueInfo(a.elementType, SymbolicShape(dims.dropLast() + [.known(packing.n)]))]
  }

  func run(_ context: RunContext) throws(OperatorError) {
    guard context.optionalValue(4) == nil else { throw .unsupported("g_idx (columns in another order) is not done") }
    let a = try context.input(0)
    guard a.elementType == .float, a.shape.dims.last == packing.k else {
      throw .invalid("A must be float with rows of \(packing.k), is \(a.elementType.name) of shape \(a.shape)")
    }
    let b: Tensor =
      if let weights { weights } else {
        try packing.numbers(try context.input(1), try context.input(2), try context.optionalInput(3))
      }
    let flow = Flow(context: context)
    var result = try flow(product, ValueInfo(constant: .tensor(a)), ValueInfo(constant: .tensor(b)))
    if let bias = context.optionalValue(5) { result = try flow(add, result, ValueInfo(constant: bias)) }
    if let value = result.constant { context.set(0, value) }
  }
}

/// How blocks of small integers lie in bytes.
struct BlockPacking: Sendable {
  let k: Int
  let n: Int
  private let bits: Int
  private let block: Int
  private let blocks: Int

  init(_ attributes: inout Attributes) throws(ImportError) {
    k = try attributes.int("K").required("K")
    n = try attributes.int("N").required("N")
    bits = try attributes.int("bits", default: 4)
    block = try attributes.int("block_size").required("block_size")
    guard [2, 4, 8].contains(bits), (1...1 << 20).contains(block), (block * bits).isMultiple(of: 8),
      (1...1 << 31).contains(k), (1...1 << 31).contains(n)
    else { throw ImportError(.invalidAttribute, "K \(k), N \(n), bits \(bits), block_size \(block) do not fit") }
    blocks = (k + block - 1) / block
  }

  private func code(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
    Int(bytes[index * bits / 8]) >> (index * bits % 8) & (1 << bits - 1)
  }

  /// The weights as `[K, N]`.
  func numbers(_ b: Tensor, _ scales: Tensor, _ zeros: Tensor?) throws(OperatorError) -> Tensor {
    let zeroBytes = (blocks * bits + 7) / 8
    guard b.elementType == .uint8, b.byteCount == n * blocks * (block * bits / 8) else {
      throw .invalid("B has shape \(b.shape), needs \(n) x \(blocks) x \(block * bits / 8) of uint8")
    }
    guard scales.elementType == .float, scales.count == n * blocks else {
      throw .invalid("there are \(scales.count) scales of \(scales.elementType.name), needed are \(n * blocks)")
    }
    if let zeros {
      let fits = zeros.elementType == .uint8 ? zeros.count == n * zeroBytes
        : zeros.elementType == .float && zeros.count == n * blocks
      guard fits else { throw .invalid("zero points of shape \(zeros.shape) do not fit \(n) x \(blocks) blocks") }
    }
    do {
      let scale = try scales.array(of: Float.self)
      let offsets: [Float] = (0..<n * blocks).map { place in
        guard let zeros else { return Float(1 << (bits - 1)) }
        if zeros.elementType == .float { return 0 }
        let (row, column) = place.quotientAndRemainder(dividingBy: blocks)
        return zeros.withBytes { bytes in
          Float(code(UnsafeRawBufferPointer(rebasing: bytes[row * zeroBytes..<(row + 1) * zeroBytes]), column))
        }
      }
      let real = zeros?.elementType == .float ? try zeros?.array(of: Float.self) : nil
      return try Tensor(elementType: .float, shape: Shape([k, n])) { target in
        let target = target.bindMemory(to: Float.self)
        b.withBytes { bytes in
          for row in 0..<n {
            for column in 0..<k {
              let place = row * blocks + column / block
              let code = code(bytes, row * blocks * block + column)
              target[column * n + row] = (Float(code) - (real?[place] ?? offsets[place])) * scale[place]
            }
          }
        }
      }
    } catch { throw OperatorError(error) }
  }
}
