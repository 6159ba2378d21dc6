import AviaryCore

/// Binds an operator to the shapes of `inputs`, runs the kernel and compares with what `run` made.
///
/// Outputs and scratch memory begin full of NaN: nothing may be left unwritten or taken for zero.
func checkKernel(
  _ op: any BindingOperator, _ inputs: [Tensor?], _ infos: [ValueInfo], expected: [Value?],
  parallel: any Parallel
) throws {
  let tensors = expected.map { $0?.tensor }
  guard inputs.allSatisfy({ $0?.elementType != .string }),
    tensors.allSatisfy({ $0 != nil && $0?.elementType != .string })
  else { return }
  let outputInfos = tensors.map { $0.map { ValueInfo($0.elementType, $0.shape.dims) } ?? .absent }
  let context = BindingContext(threads: parallel.threads)
  guard let kernel = try op.bind(inputs: infos, outputs: outputInfos, context: context) else { return }

  let consumed = (op as? any PreparingOperator)?.consumedInputs ?? []
  let poisoned = try tensors.compactMap { $0 }.map { tensor in
    try Tensor(elementType: tensor.elementType, shape: tensor.shape) {
      $0.initializeMemory(as: UInt8.self, repeating: 0xff)
    }
  }
  let scratch = try TensorBuffer(byteCount: kernel.scratchBytes)
  UnsafeMutableRawBufferPointer(start: scratch.base, count: kernel.scratchBytes)
    .initializeMemory(as: UInt8.self, repeating: 0xff)
  let reads = inputs.enumerated().map { index, tensor in
    consumed.contains(index) ? nil : tensor?.address.map { UnsafeRawPointer($0) }
  }
  let writes = poisoned.map(\.address)
  // Never empty, so that there is an address.
  (reads + [nil]).withUnsafeBufferPointer { reads in
    (writes + [nil]).withUnsafeBufferPointer { writes in
      guard let reads = reads.baseAddress, let writes = writes.baseAddress else { return }
      kernel.run(KernelIO(inputs: reads, outputs: writes, scratch: scratch.base, parallel: parallel))
    }
  }
  withExtendedLifetime((inputs, scratch)) {}
  for (index, (found, wanted)) in zip(poisoned, tensors).enumerated() {
    guard let wanted, try !agrees(found, wanted) else { continue }
    throw HarnessError(
      description: "the kernel '\(kernel.choice.kernel)' and run disagree about output \(index)")
  }
}

/// Equal bytes, or floats within 1e-5 of the largest magnitude (kernels may add in another order).
private func agrees(_ found: Tensor, _ wanted: Tensor) throws -> Bool {
  let isEqual = found.withBytes { a in wanted.withBytes { b in a.elementsEqual(b) } }
  guard !isEqual, wanted.elementType == .float else { return isEqual }
  let (a, b) = (try found.array(of: Float.self), try wanted.array(of: Float.self))
  let scale = b.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
  return zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN || ($0 - $1).magnitude <= 1e-5 * scale }
}
