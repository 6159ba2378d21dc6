import AviaryImage

extension Preprocessing {
  /// What is done to each value, for people: `(pixel / 255 - 0.5) / 0.5`.
  package var formula: String {
    var text =
      scale == 1
      ? "pixel"
      : abs(scale * 255 - 1) < 1e-9 ? "pixel / 255" : "pixel * \(Self.number(scale))"
    switch standardize {
    case .image: text = "\(text) standardised over the picture"
    case .channel: text = "\(text) standardised over each channel"
    case nil: break
    }
    if mean.contains(where: { $0 != 0 }) { text = "(\(text) - \(Self.list(mean)))" }
    if std.contains(where: { $0 != 1 }) { text += " / \(Self.list(std))" }
    return text
  }

  /// The named steps with their parameters, for people: `equalize, blur (radius 2)`; `nil` without any.
  package var stepList: String? {
    let names = steps.map { step in
      let parameters = step.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.text($0.value))" }
      return parameters.isEmpty ? step.name : "\(step.name) (\(parameters.joined(separator: ", ")))"
    }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }

  private static func text(_ parameter: StepParameter) -> String {
    switch parameter {
    case .flag(let flag): "\(flag)"
    case .number(let value): number(value)
    case .text(let text): "'\(text)'"
    case .numbers(let values): "[\(values.map(number).joined(separator: ", "))]"
    }
  }

  private static func list(_ values: [Double]) -> String {
    Set(values).count == 1 ? number(values[0]) : "[\(values.map(number).joined(separator: ", "))]"
  }

  private static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
