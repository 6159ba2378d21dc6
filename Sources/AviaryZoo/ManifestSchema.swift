import Foundation

/// The schemas of `Schemas/` that the zoo checks its files against; they are part of the executable, so that
/// a zoo anywhere can be checked.
enum ManifestSchema {
  /// - Throws: `JSONSchema.Fault` for a schema with keywords that nobody checks.
  static func model() throws -> JSONSchema { try JSONSchema(modelText) }
  static func golden() throws -> JSONSchema { try JSONSchema(goldenText) }
  static func baseline() throws -> JSONSchema { try JSONSchema(baselineText) }

  static var modelText: Data { Data(PackageResources.model_schema_json) }
  static var goldenText: Data { Data(PackageResources.golden_schema_json) }
  static var baselineText: Data { Data(PackageResources.baseline_schema_json) }

  /// - Throws: `ZooError.manifest` with everything that breaks the schema.
  static func check(_ data: Data, at path: String, against schema: () throws -> JSONSchema) throws(ZooError) {
    let violations: [JSONSchema.Violation]
    do {
      violations = try schema().violations(of: JSONValue(data))
    } catch let error as DecodingError {
      throw .manifest(path: path, problem: JSONSyntax.problem(data) ?? explain(error))
    } catch {
      throw .manifest(path: path, problem: "\(error)")
    }
    guard violations.isEmpty else {
      throw .manifest(path: path, problem: violations.map(\.description).joined(separator: "; "))
    }
  }
}
