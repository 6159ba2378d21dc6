/// A parameter of a preprocessing step, as JSON has it.
public enum StepParameter: Sendable, Equatable {
  case flag(Bool)
  case number(Double)
  case text(String)
  case numbers([Double])
}

extension StepParameter: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .numbers(try container.decode([Double].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .numbers(let numbers): try container.encode(numbers)
    }
  }
}

/// The parameters of a step while it reads them; what nobody read is an error of whoever wrote the manifest.
public struct StepParameters: Sendable {
  private let step: String
  private let values: [String: StepParameter]
  private var read: Set<String> = []

  /// - Parameter step: how the step is called in messages.
  public init(_ values: [String: StepParameter], step: String) {
    self.values = values
    self.step = step
  }

  /// Names that no getter has asked for, sorted.
  public var unread: [String] { values.keys.filter { !read.contains($0) }.sorted() }

  /// All parameters, which then count as read: for steps that check names themselves.
  public mutating func all() -> [String: StepParameter] {
    read.formUnion(values.keys)
    return values
  }

  /// A finite number within `range`.
  ///
  /// - Throws: `PreprocessingError` where it is something else, or absent without a default.
  public mutating func number(
    _ name: String, default fallback: Double? = nil, in range: ClosedRange<Double>? = nil
  ) throws(PreprocessingError) -> Double {
    read.insert(name)
    let number: Double
    switch values[name] {
    case .number(let value): number = value
    case nil:
      guard let fallback else { throw problem(name, "is missing") }
      number = fallback
    default: throw problem(name, "must be a number")
    }
    guard number.isFinite else { throw problem(name, "must be finite") }
    if let range, !range.contains(number) {
      throw problem(name, "is \(number); must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// - Throws: `PreprocessingError` where it is no text, or absent without a default.
  public mutating func text(
    _ name: String, default fallback: String? = nil
  ) throws(PreprocessingError) -> String {
    read.insert(name)
    switch values[name] {
    case .text(let text): return text
    case nil:
      guard let fallback else { throw problem(name, "is missing") }
      return fallback
    default: throw problem(name, "must be a string")
    }
  }

  private func problem(_ name: String, _ text: String) -> PreprocessingError {
    PreprocessingError(field: "steps", problem: "parameter '\(name)' of step '\(step)' \(text)")
  }
}
