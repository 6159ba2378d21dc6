/// A node's computation for one set of input shapes: decided once, when a plan is made, and run any number
/// of times, by several threads at once, without allocating.
///
/// Everything that depends on shapes alone (geometry, tables of offsets, the choice of algorithm) is worked
/// out by `BindingOperator.bind`; what is left for `run` is arithmetic on addresses.
public protocol BoundKernel: Sendable {
  /// Which kernel this is and why not a faster one, for `--explain` and profiles.
  var choice: KernelChoice { get }

  /// Bytes of scratch memory that one run needs, at `KernelIO.scratch`; it begins on a cache line and its
  /// content is unspecified.
  var scratchBytes: Int { get }

  /// Computes the outputs. Must not allocate, and must not write anything but outputs and scratch memory.
  func run(_ io: KernelIO)
}

extension BoundKernel {
  public var scratchBytes: Int { 0 }
}

/// The name of a kernel and the reason for choosing it.
public struct KernelChoice: Sendable, Equatable {
  /// `winograd F(4x4, 3x3)`, `pointwise`, `softmax`, ...
  public let kernel: String
  /// One line: what ruled out the rungs above it, or what the cost model said. Empty where there is no
  /// choice.
  public let reason: String

  public init(_ kernel: String, reason: String = "") {
    self.kernel = kernel
    self.reason = reason
  }
}

/// Addresses of one run of a kernel; valid during the call.
///
/// Tensors are dense and row-major, of the types and shapes the kernel was bound with. Inputs that the node
/// omits, and outputs that nobody reads, have no address. Where the operator is an `InPlaceOperator` the
/// first output may have the address of one of its overwritable inputs; otherwise nothing overlaps.
public struct KernelIO {
  public let inputs: UnsafePointer<UnsafeRawPointer?>
  public let outputs: UnsafePointer<UnsafeMutableRawPointer?>
  /// `BoundKernel.scratchBytes` bytes.
  public let scratch: UnsafeMutableRawPointer
  public let parallel: any Parallel

  public init(
    inputs: UnsafePointer<UnsafeRawPointer?>, outputs: UnsafePointer<UnsafeMutableRawPointer?>,
    scratch: UnsafeMutableRawPointer, parallel: any Parallel
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.scratch = scratch
    self.parallel = parallel
  }
}

/// What a kernel may know of where it will run.
public struct BindingContext: Sendable {
  /// Threads that a run may use. Results must not depend on it; how work is cut may.
  public let threads: Int
  public let limits: Limits

  public init(threads: Int, limits: Limits = .default) {
    self.threads = threads
    self.limits = limits
  }
}

/// An operator that can be bound to input shapes.
public protocol BindingOperator: Operator {
  /// The kernel for these shapes, or `nil` where `run` has to do (other element types, sizes that are not
  /// known).
  ///
  /// Called once the shapes of all inputs and outputs are known. Constant inputs carry their content; it
  /// is alive as long as the kernel is, at the address that `KernelIO.inputs` will give (inputs named by
  /// `PreparingOperator.consumedInputs` have no address).
  ///
  /// - Throws: `OperatorError` where the inputs cannot be.
  func bind(
    inputs: [ValueInfo], outputs: [ValueInfo], context: BindingContext
  ) throws(OperatorError) -> (any BoundKernel)?
}
