import Foundation

extension GoldenFile {
  /// The text of a golden file with what a model answers now to two generated inputs: it cannot show that the
  /// answers are right, but that they stay.
  ///
  /// - Throws: `RunError`, `ZooError`.
  static func recorded(with classifier: Classifier, sha256: String, model: String) throws -> String {
    let input = classifier.contract.input
    let std = input.std.map(\.magnitude).min() ?? 1
    // The range that pixels have behind scale, mean and deviation.
    let span = input.standardize == nil ? [0, 255 * input.scale] : [-2, 2]
    let ends = span.map { ($0 - (input.mean.first ?? 0)) / std }
    let (low, high) = (ends.min() ?? 0, ends.max() ?? 1)
    var largest: Float = 1
    var cases: [JSONValue] = []
    for seed in [1, 2] {
      let shape = input.shape(batch: 1).dropFirst()
      let generator = Generator(
        name: Generator.uniform, seed: UInt64(seed), low: low, high: high, shape: Array(shape))
      let values = try generator.values(count: input.count, model: classifier.id)
      let row = try classifier.rawScores(prepared: [values]).first ?? []
      guard row.allSatisfy(\.isFinite) else {
        throw ZooError.contract(model: model, problem: "it answers with numbers that are not finite")
      }
      largest = max(largest, row.map(\.magnitude).max() ?? 1)
      cases.append(
        .object([
          "generator": .object([
            "name": .string(generator.name), "seed": .integer(seed), "low": .number(low),
            "high": .number(high),
            "shape": .array(shape.map { .integer($0) }),
          ]),
          "values": .array(row.map { .number(Double($0)) }),
        ]))
    }
    let file = JSONValue.object([
      "schema": .integer(1), "model": .string(model), "sha256": .string(sha256),
      "madeWith": .string("Aviary"),
      "tolerance": .number(Double(largest) * 1e-3), "cases": .array(cases),
    ])
    return file.text(keys: [
      "schema", "model", "sha256", "madeWith", "tolerance", "cases", "generator", "name", "seed", "low",
      "high",
      "shape", "values",
    ])
  }
}
