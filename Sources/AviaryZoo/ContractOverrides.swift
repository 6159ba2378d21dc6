import AviaryImage

/// What a user says about a model's input and output, in place of or on top of a manifest.
public struct ContractOverrides: Sendable {
  public var labels: [String]?
  /// In pixels.
  public var size: (width: Int, height: Int)?
  public var scale: Double?
  public var standardize: Preprocessing.Standardization?
  public var mean: [Double]?
  public var std: [Double]?
  public var channels: Preprocessing.Channels?
  public var layout: Preprocessing.Layout?
  public var kernel: ResampleKernel?
  /// Counts only together with `kernel`.
  public var antialias = false
  public var round: Bool?
  public var outputKind: OutputKind?
  /// What is assumed where neither a manifest nor the rest of this says otherwise: what the model's family
  /// usually gets.
  public var usual: UsualContract?

  public init() {}
}
