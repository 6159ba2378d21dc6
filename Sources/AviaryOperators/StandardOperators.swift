import AviaryCore

/// Opset versions of the default domain.
package enum Opset {
  /// The newest version whose operators are implemented: types without an end to their range use it.
  package static let latest = 28
}

/// Every operator that ships, by family. Each family keeps its own list beside its files.
public enum StandardOperators {
  public static let all: [any Operator.Type] = [
    ElementwiseOperators.all,
    ConvolutionOperators.all,
    BlockedOperators.all,
    LinearOperators.all,
    PoolingOperators.all,
    NormalizationOperators.all,
    ReductionOperators.all,
    QuantizationOperators.all,
    AttentionOperators.all,
    ShapeOperators.all,
    IndexingOperators.all,
    GenerationOperators.all,
    ResizeOperators.all,
    DetectionOperators.all,
    ControlOperators.all,
    SequenceOperators.all,
    RecurrentOperators.all,
    SignalOperators.all,
    LossOperators.all,
    RandomOperators.all,
    IntegerOperators.all,
    MLOperators.all,
    TrainingOperators.all,
    TextOperators.all,
  ].flatMap(\.self)

  /// A registry with all of them.
  ///
  /// - Throws: `RegistryError` where two of them claim the same operator and version.
  public static func registry() throws(RegistryError) -> OperatorRegistry { try OperatorRegistry(all) }
}
