import AviaryCore

/// Binds an operator to the shapes of `inputs`, runs the kernel and compares with what `run` made.
///
/// - Throws: `HarnessError` where the two differ by more than rounding.
func checkBound(
  _ op: any BindingOperator, _ inputs: [Tensor?], infos: [ValueInfo], against outputs: [Value?],
  parallel: any Parallel
) throws {
  let tensors = outputs.map { $0?.tensor }
  let outputInfos = tensors.map { $0.map { ValueInfo($0.elementType, $0.shape.dims) } ?? .unknown }
  let context = BindingContext(threads: parallel.threads)
  guard let kernel = try op.bind(inputs: infos, outputs: outputInfos, context: context) else { return }
  let consumed = (op as? any PreparingOperator)?.consumedInputs ?? []
  let sources = inputs.enumerated().map { index, tensor in
    consumed.contains(index) ? nil : tensor?.address.map { UnsafeRawPointer($0) }
  }
  let results = try tensors.map { tensor in
    try tensor.map { try TensorBuffer(byteCount: max(64, $0.byteCount)) }
  }
  let targets = results.map { $0.map { UnsafeMutableRawPointer($0.base) } }
  let scratch = try TensorBuffer(byteCount: max(64, kernel.scratchBytes))
  sources.withUnsafeBufferPointer { sources in
    targets.withUnsafeBufferPointer { targets in
      guard let inputs = sources.baseAddress, let outputs = targets.baseAddress else { return }
      kernel.run(KernelIO(inputs: inputs, outputs: outputs, scratch: scratch.base, parallel: parallel))
    }
  }
  for (index, tensor) in tensors.enumerated() {
    guard let tensor, let buffer = results[index] else { continue }
    let same =
      tensor.elementType == .float
      ? areClose(try tensor.array(of: Float.self), buffer.base.assumingMemoryBound(to: Float.self))
      : tensor.withBytes { bytes in bytes.elementsEqual(UnsafeRawBufferPointer(start: buffer.base, count: bytes.count)) }
    guard same else {
      throw HarnessError(description: "the bound kernel (\(kernel.choice.kernel)) differs at output \(index)")
    }
  }
}

/// Whether floats agree within 2e-6 of the largest, NaN and infinities exactly.
private func areClose(_ expected: [Float], _ found: UnsafePointer<Float>) -> Bool {
  let scale = expected.filter(\.isFinite).map(\.magnitude).max() ?? 0
  return expected.indices.allSatisfy { i in
    let (a, b) = (expected[i], found[i])
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    return a == b || (a - b).magnitude <= 2e-6 * max(scale, a.magnitude)
  }
}
