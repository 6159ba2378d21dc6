import AviaryCore

/// How a model is loaded and run.
public struct SessionOptions: Sendable {
  /// Threads that one run may use, the calling one included; 0 means one per core.
  public var threads = 0
  /// Whether optimizer passes run at all.
  public var optimize = true
  /// Names of passes to leave out (`Optimizer.passes` lists them).
  public var disabledPasses: Set<String> = []
  /// The arithmetic of Conv, MatMul and Gemm. Anything but fp32 changes results and is never chosen for you.
  public var precision = Precision.fp32
  public var limits = Limits.default
  /// The operators to use; `nil` means all that ship.
  public var registry: OperatorRegistry?

  public init() {}
}
