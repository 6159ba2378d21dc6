import AviaryCore

/// Which of two operators of the same name a type implements: the specification's, or the one in our own
/// domain that passes introduce, which can do more.
protocol OperatorForm: Sendable {
  static var domain: String { get }
  static var opsets: ClosedRange<Int> { get }
  /// Whether there is an epilogue: an activation, a residual.
  static var isFused: Bool { get }
}

extension OperatorForm {
  static func id(_ name: String) -> OperatorID { OperatorID(name, domain: domain) }
}

/// The specification's operator, all versions.
enum StandardForm: OperatorForm {
  static let domain = ""
  static let opsets = 1...Opset.latest
  static let isFused = false
}

/// The operator of the `aviary` domain.
enum FusedForm: OperatorForm {
  static let domain = OperatorID.aviaryDomain
  static let opsets = 1...1
  static let isFused = true
}
