/// A step of a network in normal form.
///
/// Left out are what only moves or rescales values: reshapes, transposes, casts, slices, padding, BatchNorm,
/// bias, products with constants. Compositions count as what they are: `x * sigmoid(x)` is an activation,
/// mean and deviation taken apart are a normalisation.
public struct NetworkBlock: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case convolution(Convolution)
    case dense(Dense)
    case pool(Pool)
    /// Over channels or features (LayerNorm, GroupNorm, InstanceNorm); BatchNorm is left out.
    case normalization
    case softmax
    /// An activation that follows no block: at the beginning of a branch.
    case activation
    case merge(Merge)
    /// Anything else, by the operator's name.
    case other(String)
  }

  public struct Convolution: Sendable, Equatable {
    /// Rows, columns; for one-dimensional convolutions one number.
    public var kernel: [Int]
    public var strides: [Int]
    public var group: Int
    public var inputs: Int
    public var outputs: Int

    /// One filter or a few for each channel, no mixing.
    public var isDepthwise: Bool { group > 1 && group == inputs }
    public var isPointwise: Bool { kernel.allSatisfy { $0 == 1 } }
    public var isStrided: Bool { strides.contains { $0 > 1 } }
    /// Square with sides of `side`.
    public func isSquare(_ side: Int) -> Bool { kernel == [side, side] }
  }

  /// A product with a constant matrix.
  public struct Dense: Sendable, Equatable {
    public var inputs: Int
    public var outputs: Int
  }

  public struct Pool: Sendable, Equatable {
    public enum Kind: Sendable { case max, average }
    public var kind: Kind
    /// `nil`: over the whole map.
    public var kernel: [Int]?
    public var strides: [Int]
  }

  /// Where ways that parted earlier meet again.
  public struct Merge: Sendable, Equatable {
    /// `Add`, `Mul`, `Concat`, `MatMul` or another operator's name.
    public var operation: String
    /// What lies on each way since they parted, in the order of the operator's inputs.
    public var branches: [[NetworkBlock]]
  }

  public var kind: Kind
  /// What follows directly, such as `["Relu"]`; `SiLU`, `HardSwish` and `GELU` where they are composed.
  public var activations: [String]
  /// Indices into the nodes of the imported graph; for a merge without those of its branches.
  public var nodes: [Int]

  public init(_ kind: Kind, activations: [String] = [], nodes: [Int] = []) {
    self.kind = kind
    self.activations = activations
    self.nodes = nodes
  }

  public var convolution: Convolution? { if case .convolution(let it) = kind { it } else { nil } }
  public var dense: Dense? { if case .dense(let it) = kind { it } else { nil } }
  public var pool: Pool? { if case .pool(let it) = kind { it } else { nil } }
  public var merge: Merge? { if case .merge(let it) = kind { it } else { nil } }

  /// The nodes with those of all branches.
  public var allNodes: [Int] {
    nodes + (merge?.branches.flatMap { $0.flatMap(\.allNodes) } ?? [])
  }

  /// The block and all blocks in its branches.
  public var flattened: [NetworkBlock] {
    [self] + (merge?.branches.flatMap { $0.flatMap(\.flattened) } ?? [])
  }
}
