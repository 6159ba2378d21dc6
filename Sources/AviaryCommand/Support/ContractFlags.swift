import ArgumentParser
import Aviary
import Foundation

/// What the user says about a model's input and labels, where there is no manifest or in place of it.
struct ContractFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Model manifest to use (see Schemas/model.schema.json).", valueName: "file"))
  var manifest: String?

  @Option(
    help: ArgumentHelp(
      """
      The model's labels in the order of its output: names separated by commas, a file with one name a \
      line or a JSON array, 'csv' (the order of fer2013.csv: angry, disgust, fear, happy, sad, surprise, \
      neutral) or 'alphabetical' (the same seven, sorted).
      """, valueName: "labels"))
  var labels: String?

  @Option(help: ArgumentHelp("Size of the input in pixels.", valueName: "WxH"))
  var size: String?

  @Option(help: "Values are (pixel * scale - mean) / std; a number or a fraction such as 1/255.")
  var scale: String?

  @Option(
    help: ArgumentHelp(
      "Bring each picture ('image') or each of its channels ('channel') to mean 0 and deviation 1 before mean and std.",
      valueName: "image|channel"))
  var standardize: String?

  @Option(help: "One number, or one per channel separated by commas.")
  var mean: String?

  @Option(help: "One number, or one per channel separated by commas.")
  var std: String?

  @Option(help: "grey, rgb or bgr.")
  var channels: String?

  @Option(help: "NCHW or NHWC.")
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "How pictures are resized: nearest, bilinear, bicubic, box, hamming or lanczos.",
      valueName: "kernel[:antialias]"))
  var resize: String?

  @Flag(inversion: .prefixedNo, help: "Whether resized pixels are rounded to whole numbers.")
  var round: Bool?

  @Option(
    name: .customLong("output-kind"), help: "What the model's output is: logits or probabilities.")
  var outputKind: String?

  func validate() throws { _ = try overrides() }

  /// - Throws: `ValidationError` naming the option.
  func overrides() throws -> ContractOverrides {
    var result = ContractOverrides()
    result.labels = try labels.map(Self.labels)
    if let size { result.size = try Self.size(size) }
    result.scale = try scale.map { try Self.number($0, "--scale") }
    result.standardize = try standardize.map { try Self.choice($0.lowercased(), "--standardize") }
    result.mean = try mean.map { try Self.numbers($0, "--mean") }
    result.std = try std.map { try Self.numbers($0, "--std") }
    result.channels = try channels.map {
      try Self.choice($0 == "gray" ? "grey" : $0.lowercased(), "--channels")
    }
    result.layout = try layout.map { try Self.choice($0.uppercased(), "--layout") }
    result.outputKind = try outputKind.map { try Self.choice($0, "--output-kind") }
    result.round = round
    if let resize {
      let parts = resize.split(separator: ":", omittingEmptySubsequences: false)
      result.kernel = try Self.choice(String(parts.first ?? ""), "--resize")
      guard parts.count == 1 || (parts.count == 2 && parts[1] == "antialias") else {
        throw ValidationError("--resize \(resize): is KERNEL or KERNEL:antialias")
      }
      result.antialias = parts.count == 2
    }
    return result
  }

  private static func choice<T: RawRepresentable & CaseIterable>(
    _ text: String, _ option: String
  ) throws -> T where T.RawValue == String {
    guard let value = T(rawValue: text) else {
      let known = T.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("\(option) \(text): is one of \(known)")
    }
    return value
  }

  private static func number(_ text: String, _ option: String) throws -> Double {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    let values = parts.compactMap { $0 }
    guard values.count == parts.count, (1...2).contains(values.count) else {
      throw ValidationError("\(option) \(text): is a number or a fraction such as 1/255")
    }
    let value = values.count == 2 ? values[0] / values[1] : values[0]
    guard value.isFinite else { throw ValidationError("\(option) \(text): is not finite") }
    return value
  }

  private static func numbers(_ text: String, _ option: String) throws -> [Double] {
    try text.split(separator: ",").map { try number(String($0), option) }
  }

  private static func size(_ text: String) throws -> (width: Int, height: Int) {
    let parts = text.lowercased().split(separator: "x").map { Int($0) ?? 0 }
    guard parts.count == 2, parts.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--size \(text): is WIDTHxHEIGHT in pixels, such as 48x48")
    }
    return (parts[0], parts[1])
  }

  private static func labels(_ text: String) throws -> [String] {
    switch text {
    case "csv": return UsualLabels.fer2013
    case "alphabetical": return UsualLabels.alphabetical
    default: break
    }
    let names: [String]
    if let data = FileManager.default.contents(atPath: text) {
      let lines = String(decoding: data.prefix(1 << 20), as: UTF8.self).split(whereSeparator: \.isNewline)
      names =
        (try? JSONDecoder().decode([String].self, from: data))
        ?? lines.map { $0.trimmingCharacters(in: .whitespaces) }
    } else {
      names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let found = names.filter { !$0.isEmpty }
    guard found.count >= 2 else {
      throw ValidationError("--labels \(text): is neither a file nor at least two names separated by commas")
    }
    return found
  }
}
