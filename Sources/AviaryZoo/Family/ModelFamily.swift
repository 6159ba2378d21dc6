import AviaryImage

/// A kind of network that a plugin knows: recognises it, names its stages, knows how it is usually fed.
///
/// Recognition looks at structure only. Names of nodes, values and files, and metadata, say nothing reliable.
public protocol ModelFamily: Sendable {
  /// As manifests write it, such as `ResNet`; unique over all plugins, case apart.
  var name: String { get }
  /// One line for lists.
  var summary: String { get }

  /// What the network is, where it is of this family; `nil` where it is another or merely similar.
  func match(_ network: NetworkSketch) -> FamilyMatch?
}

/// What a family says of a network that it recognises.
public struct FamilyMatch: Sendable, Equatable {
  /// The family's name.
  public var family: String
  /// The member of the family, as far as the structure tells: `ResNet-50`.
  public var variant: String
  /// The parts of the network from input to output, each with the nodes that it is made of.
  public var stages: [NetworkStage]
  /// How such networks are usually fed, the most likely first.
  public var contracts: [UsualContract]

  public init(family: String, variant: String, stages: [NetworkStage], contracts: [UsualContract]) {
    self.family = family
    self.variant = variant
    self.stages = stages
    self.contracts = contracts
  }
}

/// A named part of a network, such as `layer1.0`, `MBConv3` or `encoder.5`.
public struct NetworkStage: Sendable, Equatable, Codable {
  public var name: String
  /// Indices into the nodes of the imported graph.
  public var nodes: [Int]

  public init(name: String, nodes: [Int]) {
    self.name = name
    self.nodes = nodes
  }
}

/// Numbers that pictures usually get before they enter a network: `(pixel * scale - mean) / std`.
public struct UsualContract: Sendable, Equatable, Codable {
  /// What people call it: `ImageNet mean and deviation`.
  public var name: String
  /// Who feeds networks so, and what in the graph speaks for it.
  public var reason: String
  public var scale: Double
  /// Whether a picture's own mean and deviation are taken out before `mean` and `std`.
  public var standardize: Preprocessing.Standardization?
  /// One for all channels, or one per channel in the order of `channels`.
  public var mean: [Double]
  public var std: [Double]
  /// `nil`: grey or RGB, as the input has one channel or three.
  public var channels: Preprocessing.Channels?
  /// How pictures of another size get the input's; `nil` where nothing is usual.
  public var resize: Preprocessing.Resize?

  public init(
    name: String, reason: String, scale: Double, standardize: Preprocessing.Standardization? = nil,
    mean: [Double], std: [Double], channels: Preprocessing.Channels? = nil, resize: Preprocessing.Resize? = nil
  ) {
    self.name = name
    self.reason = reason
    self.scale = scale
    self.standardize = standardize
    self.mean = mean
    self.std = std
    self.channels = channels
    self.resize = resize
  }
}
