import AviaryCore

extension BindingOperator {
  /// `run` by way of `bind`: for operators that have no other form, where no plan has bound them (constant
  /// folding, subgraphs).
  ///
  /// - Throws: what `infer` and `bind` throw; `unsupported` where there is no kernel for these inputs.
  func runBound(_ context: RunContext) throws(OperatorError) {
    guard try runIfBindable(context) else { throw .unsupported("there is no kernel for these inputs") }
  }

  /// The same where there may be no kernel: false where `bind` has none, and nothing was done.
  func runIfBindable(_ context: RunContext) throws(OperatorError) -> Bool {
    let infos = context.inputs.map { $0.map { ValueInfo(constant: $0) } ?? .absent }
    let outputs = try infer(infos)
    let binding = BindingContext(threads: context.parallel.threads, limits: context.limits)
    guard let kernel = try bind(inputs: infos, outputs: outputs, context: binding) else { return false }
    var inputs: [UnsafeRawPointer?] = []
    for value in context.inputs { inputs.append(value?.tensor?.address.map { UnsafeRawPointer($0) }) }
    var addresses: [UnsafeMutableRawPointer?] = []
    for (index, info) in outputs.enumerated() {
      guard context.wants(index), let type = info.elementType, let dims = info.shape.known else {
        addresses.append(nil)
        continue
      }
      addresses.append(try context.makeBytes(index, type, dims).baseAddress)
    }
    let scratch = try context.scratch(kernel.scratchBytes, of: UInt8.self)
    guard let base = scratch.baseAddress else { throw .resource("no scratch memory") }
    inputs.withUnsafeBufferPointer { inputs in
      addresses.withUnsafeBufferPointer { addresses in
        guard let inputs = inputs.baseAddress, let addresses = addresses.baseAddress else { return }
        kernel.run(
          KernelIO(
            inputs: inputs, outputs: addresses, scratch: UnsafeMutableRawPointer(base),
            parallel: context.parallel))
      }
    }
    return true
  }
}

extension KernelIO {
  /// Input `index` as floats; `nil` where the node omits it.
  @inline(__always) func input(_ index: Int) -> UnsafePointer<Float>? {
    inputs[index]?.assumingMemoryBound(to: Float.self)
  }
  /// Output `index` as floats.
  @inline(__always) func output(_ index: Int) -> UnsafeMutablePointer<Float>? {
    outputs[index]?.assumingMemoryBound(to: Float.self)
  }
  var floatScratch: UnsafeMutablePointer<Float> { scratch.assumingMemoryBound(to: Float.self) }
}
