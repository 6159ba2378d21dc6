/// Budgets for what comes from outside. Each is checked before the memory is taken or the work begun.
public struct Limits: Sendable, Hashable {
  /// Largest single tensor, in bytes.
  public var tensorBytes = 8 << 30
  /// Memory of all values of one run, in bytes.
  public var runBytes = 16 << 30
  /// Memory of the structures parsed from a model, without its weights, in bytes.
  public var parsedBytes = 2 << 30
  /// Nodes of a model after its functions are expanded, subgraphs included.
  public var nodes = 1_000_000
  /// Nesting of graphs in graphs, of functions in functions, and of messages in messages.
  public var nesting = 64
  /// Pixels of an image before it is decoded.
  public var imagePixels = 100_000_000

  public init() {}
  public static let `default` = Limits()
}
