import AviaryRuntime
import Foundation

/// What a model is expected to answer: `Zoo/<id>/golden.json` (Schemas/golden.schema.json).
public struct GoldenFile: Sendable, Decodable {
  public struct Generator: Sendable, Decodable {
    public let name: String
    public let seed: UInt64
    public let low: Double
    public let high: Double
    public let shape: [Int]
  }

  /// A picture with what it shows, or a generated tensor; and the output for it.
  public struct Case: Sendable, Decodable {
    /// Starts at the zoo's folder.
    public let image: String?
    public let label: String?
    public let generator: Generator?
    public let values: [Float]
  }

  /// Fingerprints of the values inside the graph, for one of the cases.
  public struct Trace: Sendable, Decodable {
    public struct Entry: Sendable, Decodable {
      public let name: String
      public let fingerprint: ValueFingerprint

      public init(from decoder: any Decoder) throws {
        name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
        fingerprint = try ValueFingerprint(from: decoder)
      }

      private enum CodingKeys: String, CodingKey { case name }
    }

    /// The number of the case.
    public let `case`: Int
    public let values: [Entry]
  }

  public let schema: Int
  public let model: String
  public let sha256: String
  public let madeWith: String
  /// Largest absolute difference.
  public let tolerance: Float
  public let cases: [Case]
  public let trace: Trace?

  /// - Throws: `ZooError.manifest` naming the file.
  public init(contentsOf path: String) throws(ZooError) {
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      try ManifestSchema.check(data, at: path, against: ManifestSchema.golden)
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as ZooError {
      throw error
    } catch let error as DecodingError {
      throw .manifest(path: path, problem: explain(error))
    } catch {
      throw .manifest(path: path, problem: "cannot be read: \(error.localizedDescription)")
    }
    guard schema == 1 else {
      throw .manifest(path: path, problem: "schema is \(schema); this version reads 1")
    }
    guard !cases.isEmpty else { throw .manifest(path: path, problem: "has no cases") }
    if let trace, !cases.indices.contains(trace.case) {
      throw .manifest(path: path, problem: "trace is of case \(trace.case); there are \(cases.count)")
    }
    for (number, item) in cases.enumerated() {
      guard (item.image == nil) != (item.generator == nil) else {
        throw .manifest(path: path, problem: "case \(number) has not just one of image and generator")
      }
      if let image = item.image, image.hasPrefix("/") || image.split(separator: "/").contains("..") {
        throw .manifest(path: path, problem: "case \(number): '\(image)' must lie in the zoo's folder")
      }
    }
  }
}

extension GoldenFile {
  /// The share of the largest expected value (of one where all are smaller) beyond which no tolerance is believed:
  /// within it hardly any mistake would show.
  static let largestTolerance: Float = 1e-2

  /// What is wrong with the tolerance, if anything is.
  var toleranceProblem: String? {
    let largest = cases.flatMap(\.values).map(\.magnitude).max() ?? 0
    let limit = Self.largestTolerance * max(1, largest)
    guard !(tolerance <= limit) else { return nil }
    return "its tolerance \(tolerance) would let nearly everything pass; at most \(limit) is believed, a hundredth "
      + "of the largest expected value"
  }
}

extension GoldenFile.Generator {
  static let uniform = "splitmix64-uniform"

  /// The values of the input tensor, row-major: `low + (high - low) * u` for uniform `u` in 0 ..< 1.
  ///
  /// - Throws: `ZooError.contract` for an unknown generator or a shape that is not `count` values.
  package func values(count: Int, model: String) throws(ZooError) -> [Float] {
    guard name == Self.uniform else {
      throw .contract(model: model, problem: "the golden file's generator '\(name)' is unknown")
    }
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      product = overflow ? -1 : next
    }
    guard product == count else {
      throw .contract(
        model: model,
        problem: "the golden file's generator makes \(shape) values, the model takes \(count) a picture")
    }
    var random = SplitMix64(state: seed)
    return (0..<count).map { _ in Float(low + (high - low) * random.uniform()) }
  }
}
