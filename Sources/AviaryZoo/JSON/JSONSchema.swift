import Foundation

/// Checks JSON against a schema: those keywords of JSON Schema 2020-12 that the schemas in `Schemas/` use.
///
/// No Swift package for it is to be had, and the schemas are ours: a keyword that is not known here is an
/// error, not ignored, so that a schema cannot promise what nobody checks.
package struct JSONSchema: Sendable {
  package struct Violation: Sendable, Equatable, CustomStringConvertible {
    /// Such as `input.mean[0]`; empty for the whole.
    package let place: String
    package let problem: String

    package var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
  }

  /// A schema that cannot be used.
  package struct Fault: Error, CustomStringConvertible {
    package let description: String
  }

  private let root: JSONValue

  /// - Throws: `Fault` for unknown keywords, `DecodingError` for what is not JSON.
  package init(_ data: Data) throws {
    root = try JSONValue(data)
    try Self.refuseUnknownKeywords(root)
  }

  /// What breaks the schema, in the order of keys; empty where nothing does.
  package func violations(of value: JSONValue) -> [Violation] { check(value, root, "") }

  // MARK: Keywords

  private static let annotations: Set<String> = ["$schema", "$id", "title", "description", "format"]
  private static let checked: Set<String> = [
    "$ref", "type", "const", "enum", "pattern", "minLength", "minimum", "maximum", "exclusiveMinimum",
    "items",
    "minItems", "maxItems", "uniqueItems", "properties", "required", "additionalProperties", "allOf", "oneOf",
    "not", "if", "then", "else",
  ]

  private static func refuseUnknownKeywords(_ schema: JSONValue) throws(Fault) {
    guard let members = schema.object else { return }
    for (key, value) in members {
      switch key {
      case "properties", "$defs":
        for inner in (value.object ?? [:]).values { try refuseUnknownKeywords(inner) }
      case "allOf", "oneOf":
        for inner in value.array ?? [] { try refuseUnknownKeywords(inner) }
      case "items", "not", "if", "then", "else", "additionalProperties": try refuseUnknownKeywords(value)
      default:
        guard checked.contains(key) || annotations.contains(key) else {
          throw Fault(description: "the schema uses '\(key)', which is not known")
        }
      }
    }
  }

  private func check(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [Violation] {
    if case .bool(let isAllowed) = schema {
      return isAllowed ? [] : [Violation(place: place, problem: "must not be there")]
    }
    guard let rules = schema.object else { return [] }
    if let target = rules["$ref"]?.string {
      return resolve(target).map { check(value, $0, place) } ?? []
    }
    var found = type(value, rules, place)
    // What is of another type breaks every other rule too; one message is enough.
    guard found.isEmpty else { return found }
    found += values(value, rules, place)
    if let array = value.array { found += elements(array, rules, place) }
    if let object = value.object { found += members(object, rules, place) }
    found += combinations(value, rules, place)
    return found
  }

  private func resolve(_ target: String) -> JSONValue? {
    guard target.hasPrefix("#/") else { return nil }
    return target.dropFirst(2).split(separator: "/").reduce(root as JSONValue?) { $0?[String($1)] }
  }

  private func type(_ value: JSONValue, _ rules: [String: JSONValue], _ place: String) -> [Violation] {
    guard let wanted = rules["type"] else { return [] }
    let names = wanted.array?.compactMap(\.string) ?? [wanted.string ?? ""]
    guard !names.contains(where: { matches(value, type: $0) }) else { return [] }
    return [
      Violation(place: place, problem: "is \(value.typeName), needs \(names.joined(separator: " or "))")
    ]
  }

  private func matches(_ value: JSONValue, type: String) -> Bool {
    switch type {
    case "number": value.number != nil
    case "integer": value.integer != nil
    default: value.typeName == type
    }
  }

  private func values(_ value: JSONValue, _ rules: [String: JSONValue], _ place: String) -> [Violation] {
    var problems: [String] = []
    if let constant = rules["const"], !value.isSame(as: constant) {
      problems.append("is not \(constant.brief)")
    }
    if let choices = rules["enum"]?.array, !choices.contains(where: value.isSame) {
      problems.append("\(value.brief) is none of \(choices.map(\.brief).joined(separator: ", "))")
    }
    if let text = value.string {
      if let pattern = rules["pattern"]?.string, (try? Regex(pattern).firstMatch(in: text)) == nil {
        problems.append("'\(text)' does not match \(pattern)")
      }
      if let least = rules["minLength"]?.integer, text.unicodeScalars.count < least {
        problems.append(least == 1 ? "is empty" : "is shorter than \(least) characters")
      }
    }
    if let number = value.number {
      if let least = rules["minimum"]?.number, number < least {
        problems.append("\(value.brief) is below \(least)")
      }
      if let most = rules["maximum"]?.number, number > most {
        problems.append("\(value.brief) is above \(most)")
      }
      if let least = rules["exclusiveMinimum"]?.number, number <= least {
        problems.append("\(value.brief) is not above \(least)")
      }
    }
    return problems.map { Violation(place: place, problem: $0) }
  }

  /// Strings, of which there may be many, are looked up; anything else is compared with all before it.
  private func firstRepeated(_ array: [JSONValue]) -> JSONValue? {
    var texts: Set<String> = []
    var others: [JSONValue] = []
    for element in array {
      if let text = element.string {
        guard texts.insert(text).inserted else { return element }
      } else {
        guard !others.contains(where: { $0.isSame(as: element) }) else { return element }
        others.append(element)
      }
    }
    return nil
  }

  private func elements(_ array: [JSONValue], _ rules: [String: JSONValue], _ place: String) -> [Violation] {
    var found: [Violation] = []
    func add(_ problem: String) { found.append(Violation(place: place, problem: problem)) }
    if let least = rules["minItems"]?.integer, array.count < least {
      add("has \(array.count) items, needs \(least)")
    }
    if let most = rules["maxItems"]?.integer, array.count > most {
      add("has \(array.count) items, at most \(most) are allowed")
    }
    if rules["uniqueItems"]?.bool == true, let twice = firstRepeated(array) {
      add("has \(twice.brief) twice")
    }
    if let items = rules["items"] {
      for (index, element) in array.enumerated() { found += check(element, items, "\(place)[\(index)]") }
    }
    return found
  }

  private func members(
    _ object: [String: JSONValue], _ rules: [String: JSONValue], _ place: String
  ) -> [Violation] {
    func inside(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
    var found: [Violation] = []
    for key in rules["required"]?.array?.compactMap(\.string) ?? [] where object[key] == nil {
      found.append(Violation(place: inside(key), problem: "is missing"))
    }
    let known = rules["properties"]?.object ?? [:]
    for (key, value) in object.sorted(by: { $0.key < $1.key }) {
      if let schema = known[key] {
        found += check(value, schema, inside(key))
      } else if rules["additionalProperties"] == .bool(false) {
        found.append(Violation(place: inside(key), problem: "unknown key '\(inside(key))'"))
      } else if let schema = rules["additionalProperties"] {
        found += check(value, schema, inside(key))
      }
    }
    return found
  }

  private func combinations(
    _ value: JSONValue, _ rules: [String: JSONValue], _ place: String
  ) -> [Violation] {
    var found = (rules["allOf"]?.array ?? []).flatMap { check(value, $0, place) }
    if let choices = rules["oneOf"]?.array {
      let results = choices.map { check(value, $0, place) }
      if results.count(where: \.isEmpty) != 1 {
        // The alternative that fits best says most.
        found +=
          results.filter { !$0.isEmpty }.min { $0.count < $1.count }
          ?? [Violation(place: place, problem: "fits more than one alternative")]
      }
    }
    if let excluded = rules["not"], check(value, excluded, place).isEmpty {
      found.append(Violation(place: place, problem: "must not be \(value.brief)"))
    }
    if let condition = rules["if"] {
      let holds = check(value, condition, place).isEmpty
      if let consequence = rules[holds ? "then" : "else"] { found += check(value, consequence, place) }
    }
    return found
  }
}

extension JSONValue {
  fileprivate var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// Equality as JSON sees it: 1 and 1.0 are one number.
  fileprivate func isSame(as other: JSONValue) -> Bool {
    if let a = number, let b = other.number { return a == b }
    return self == other
  }

  /// For messages.
  fileprivate var brief: String {
    switch self {
    case .string(let text): "'\(text.prefix(80))'"
    case .array: "an array"
    case .object: "an object"
    case .bool(let value): "\(value)"
    case .null: "null"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    }
  }
}
