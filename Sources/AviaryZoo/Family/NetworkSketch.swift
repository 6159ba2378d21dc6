import AviaryCore

/// A network in normal form: what is left of a graph when only what tells architectures apart is kept.
public struct NetworkSketch: Sendable {
  /// From the picture to the scores. `nil` where the graph is no series of blocks, each of which is simple or
  /// consists of ways that part and meet again (DenseNet), has no single input or no single output.
  public var blocks: [NetworkBlock]?
  /// Why `blocks` is `nil`.
  public var problem: String?
  /// Channels of the picture, where the graph says.
  public var channels: Int?
  /// Rows and columns of the picture, where the graph fixes them.
  public var size: (height: Int, width: Int)?
  /// What the graph itself does to pixels before its first block: `pixel * scale + offset` for each channel
  /// or for all; `nil` for nothing.
  public var inputScaling: (scale: [Double], offset: [Double])?

  public init(blocks: [NetworkBlock]?, problem: String? = nil) {
    self.blocks = blocks
    self.problem = problem
  }
}
