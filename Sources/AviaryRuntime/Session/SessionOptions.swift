import AviaryCore

/// How a model is loaded and run.
public struct SessionOptions: Sendable {
  /// Threads that one run may use, the calling one included; 0 means one per core.
  public var threads = 0
  /// Whether optimizer passes run at all.
  public var optimize = true
  /// Names of passes to leave out (`Optimizer.passes` lists them).
  public var disabledPasses: Set<String> = []
  public var limits = Limits.default
  /// The operators to use; `nil` means all that ship.
  public var registry: OperatorRegistry?

  public init() {}
}
