import AviaryCore

/// The inputs and outputs of a session as memory that stays: for whoever runs the same shapes again and
/// again, as a server's worker does, and wants no allocation in between.
///
/// ```swift
/// let buffers = try session.makeBuffers(inputShapes: ["input": [1, 3, 224, 224]])
/// while let picture = next() {
///   try buffers.withInput("input", as: Float.self) { pixels in picture.write(to: pixels) }
///   try buffers.run()
///   try buffers.withOutput("scores", as: Float.self) { scores in answer(scores) }
/// }
/// ```
///
/// Inputs keep what was written from run to run; outputs are overwritten. One run at a time: each worker
/// has buffers of its own, all of one session.
public final class RunBuffers {
  /// One input or output.
  private struct Port {
    let name: String
    let tensor: Tensor
    let address: UnsafeMutableRawPointer
  }

  public let session: Session
  private let plan: Plan
  private let inputs: [Port]
  private let outputs: [Port]

  init(_ session: Session, types: [ValueType]) throws(RunError) {
    var given: [Int: ValueType] = [:]
    for (slot, type) in zip(session.program.inputs, types) { given[slot] = type }
    self.session = session
    plan = try session.plan(for: given)
    var inputs: [Port] = []
    for (declaration, type) in zip(session.graph.inputs, plan.inputTypes) {
      inputs.append(
        try Self.port(
          declaration.name, type.elementType, type.dims.flatMap { try? Shape($0) }, what: "input", session))
    }
    var outputs: [Port] = []
    for (declaration, output) in zip(session.graph.outputs, plan.outputs) {
      outputs.append(
        try Self.port(declaration.name, output.elementType, output.shape, what: "output", session))
    }
    self.inputs = inputs
    self.outputs = outputs
  }

  private static func port(
    _ name: String, _ type: ElementType?, _ shape: Shape?, what: String, _ session: Session
  ) throws(RunError) -> Port {
    guard let type, let shape, type != .string else {
      throw RunError(
        .unsupported, "\(what) '\(name)' is no tensor of numbers, or its shape is not known before a run")
    }
    do {
      let tensor = try Tensor(elementType: type, shape: shape, limits: session.evaluator.limits) { bytes in
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
      }
      guard let address = tensor.address else { throw TensorError.outOfMemory(bytes: tensor.byteCount) }
      return Port(name: name, tensor: tensor, address: address)
    } catch {
      throw RunError(.resource, "\(what) '\(name)': \(error)")
    }
  }

  public var inputNames: [String] { inputs.map(\.name) }
  public var outputNames: [String] { outputs.map(\.name) }

  /// The shape of an input or output; `nil` for a name that the model does not have.
  public func shape(of name: String) -> Shape? {
    (inputs.first { $0.name == name } ?? outputs.first { $0.name == name })?.tensor.shape
  }

  /// Calls `body` with the elements of an input, row-major, to be written (or read).
  ///
  /// - Throws: `RunError` (`invalidInput`) for an unknown name or another element type; what `body` throws.
  public func withInput<T: Element, R>(
    _ name: String, as type: T.Type = T.self, _ body: (UnsafeMutableBufferPointer<T>) throws -> R
  ) throws -> R {
    let port = try port(name, in: inputs, T.self)
    return try body(
      UnsafeMutableBufferPointer(
        start: port.address.assumingMemoryBound(to: T.self), count: port.tensor.count))
  }

  /// Calls `body` with the elements of an output, row-major, as the last run left them.
  ///
  /// - Throws: `RunError` (`invalidInput`) for an unknown name or another element type; what `body` throws.
  public func withOutput<T: Element, R>(
    _ name: String, as type: T.Type = T.self, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) throws -> R {
    let port = try port(name, in: outputs, T.self)
    return try body(
      UnsafeBufferPointer(
        start: UnsafePointer(port.address.assumingMemoryBound(to: T.self)), count: port.tensor.count))
  }

  private func port<T: Element>(_ name: String, in ports: [Port], _ type: T.Type) throws(RunError) -> Port {
    guard let port = ports.first(where: { $0.name == name }) else {
      let names = ports.map { "'\($0.name)'" }.joined(separator: ", ")
      throw RunError(.invalidInput, "there is no '\(name)' among \(names)")
    }
    guard port.tensor.elementType == T.elementType else {
      throw RunError(
        .invalidInput, "'\(name)' has element type \(port.tensor.elementType.name), not \(T.elementType.name)")
    }
    return port
  }

  /// Runs the model on what the inputs hold. Allocates nothing where every node has a kernel
  /// (`Session.inspect` shows which).
  ///
  /// - Throws: `RunError` as `Session.run`.
  public func run() throws(RunError) {
    let frame = try session.frame(of: plan)
    defer { session.frames.put(frame) }
    guard plan.isBound else { return try runMixed(frame) }
    for index in inputs.indices { frame.setInput(index, UnsafeRawPointer(inputs[index].address)) }
    for index in outputs.indices where plan.outputs[index].isDirect {
      frame.setOutput(index, outputs[index].address)
    }
    let walk = KernelWalk(program: session.program, parallel: session.evaluator.parallel, frame: frame)
    try walk.run(observe: nil)
    for index in outputs.indices where !plan.outputs[index].isDirect {
      let source = walk.source(plan.outputs[index]) { UnsafeRawPointer(inputs[$0].address) }
      guard let source else {
        throw RunError(.invalid, "output '\(outputs[index].name)' was not produced")
      }
      outputs[index].address.copyMemory(from: source, byteCount: outputs[index].tensor.byteCount)
    }
  }

  /// The way of plans in which operators run themselves.
  private func runMixed(_ frame: Frame) throws(RunError) {
    var given: [Int: Value] = [:]
    for (slot, port) in zip(session.program.inputs, inputs) { given[slot] = .tensor(port.tensor) }
    var executor = Executor(session.program, frame: frame, evaluator: session.evaluator)
    let values = try executor.run(given)
    for (port, value) in zip(outputs, values) {
      guard let tensor = value.tensor, tensor.elementType == port.tensor.elementType,
        tensor.shape == port.tensor.shape
      else { throw RunError(.invalid, "output '\(port.name)' is \(value.type), not what was promised") }
      tensor.withBytes { bytes in
        if let base = bytes.baseAddress { port.address.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
  }
}

extension Session {
  /// Memory for the inputs and outputs of runs with these shapes; inputs begin as zeros.
  ///
  /// - Parameter inputShapes: extents for inputs that declare symbols; those not given count as 1.
  /// - Throws: `RunError` where a shape cannot be, and where an input or output is no tensor of numbers or
  ///   has a shape that only a run can tell.
  public func makeBuffers(inputShapes: [String: [Int]] = [:]) throws(RunError) -> RunBuffers {
    try RunBuffers(self, types: concreteInputTypes(inputShapes))
  }
}
