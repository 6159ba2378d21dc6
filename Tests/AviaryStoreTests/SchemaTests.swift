import Aviary
import Foundation
import TestSupport
import Testing

@testable import AviaryZoo

@Suite struct SchemaTests {
  private func violations(_ record: EvaluationRecord) throws -> [JSONSchema.Violation] {
    let file = Locations.root.appendingPathComponent("Schemas/run.schema.json")
    return try JSONSchema(Data(contentsOf: file)).violations(of: JSONValue(record.json()))
  }

  @Test func recordsFitTheSchema() throws {
    let example = try Example()
    var record = try example.record()
    record.run.cost = RunCost(
      parameters: 5, multiplyAdds: 7, loadMilliseconds: 1, milliseconds: [3], peakMiB: 9, threads: 2)
    record.data.change = "mirror"
    #expect(try violations(record).map(\.description) == [])
    #expect(try violations(example.record(.init(index: 2, count: 3))).map(\.description) == [])
    record.samples[0].label = -1
    record.model.sha256 = "x"
    #expect(try Set(violations(record).map(\.place)) == ["samples[0].label", "model.sha256"])
  }
}
