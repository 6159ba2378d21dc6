/// A domain and a name: what identifies an operator besides its version.
public struct OperatorID: Sendable, Hashable {
  /// `""` for the default domain, which the specification also calls `ai.onnx`.
  public let domain: String
  public let name: String

  public init(_ name: String, domain: String = "") {
    self.name = name
    self.domain = domain == "ai.onnx" ? "" : domain
  }

  /// The domain of the operators that our own passes introduce (fused convolutions and the like).
  public static let aviaryDomain = "aviary"
}

extension OperatorID: CustomStringConvertible {
  /// `Conv`, or `com.example.Swish` with a domain.
  public var description: String { domain.isEmpty ? name : "\(domain).\(name)" }
}
