import AviaryCore
import Foundation
import TestSupport
import Testing

@testable import AviaryONNX

/// Damaged models and values: each is refused with an error that names the file, or read. What this looks
/// for is what neither would be: a trap, a hang, or, in the address-sanitizer build of `make test` and
/// `make sanitize`, a read out of bounds. With `AVIARY_LONG` fifty times as many.
@Suite(.serialized) struct ImportMutationTests {
  static let limits: Limits = {
    var limits = Limits()
    limits.tensorBytes = 64 << 20
    limits.runBytes = 256 << 20
    limits.parsedBytes = 256 << 20
    limits.nodes = 100_000
    return limits
  }()

  @Test(arguments: ModelFiles.all) func damagedModel(_ url: URL) throws {
    let bytes = [UInt8](try Data(contentsOf: url))
    var mutator = Mutator(bytes, seed: UInt64(bytes.count))
    // A copy of a large file costs as much as many small ones.
    let count = Mutator.count(short: bytes.count < 1 << 20 ? 80 : bytes.count < 4 << 20 ? 16 : 2)
    var refused = 0
    for _ in 0..<count {
      do {
        let model = try ONNXModel.read(
          bytes: mutator.next(), name: "damaged", folder: url.deletingLastPathComponent().path,
          limits: Self.limits)
        touch(model.graph)
      } catch {
        refused += 1
        #expect(error.description.hasPrefix("damaged: "), "\(error)")
      }
    }
    #expect(refused > 0 || count < 10)
  }

  @Test(arguments: 0..<13) func damagedValue(_ index: Int) throws {
    let (value, type) = try ValueFileTests.values()[index]
    var mutator = Mutator(TensorFile.encode(value, name: "value"), seed: UInt64(index))
    var refused = 0
    for _ in 0..<Mutator.count(short: 200) {
      do {
        _ = try TensorFile.read(bytes: mutator.next(), as: type, name: "damaged", limits: Self.limits)
      } catch {
        refused += 1
        #expect(error.description.hasPrefix("damaged: "), "\(error)")
      }
    }
    #expect(refused > 0)
  }

  /// Reads all that the graph promises to have: of every eight bytes, which the sanitizer knows as one, the first,
  /// and the last byte of all.
  private func touch(_ graph: Graph) {
    var sum: UInt64 = 0
    func read(_ tensor: Tensor) {
      tensor.withBytes { bytes in
        for place in stride(from: 0, to: bytes.count, by: 8) { sum &+= UInt64(bytes[place]) }
        sum &+= UInt64(bytes.last ?? 0)
      }
    }
    graph.initializers.values.forEach(read)
    for node in graph.nodes {
      for case .tensor(let tensor) in node.attributes.values { read(tensor) }
      for subgraph in node.subgraphs.values { touch(subgraph) }
    }
    #expect(sum < .max)
  }
}
