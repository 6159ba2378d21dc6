import AviaryCore
import AviaryONNX
import AviaryRuntime
import Foundation
import TestSupport
import Testing

/// Damaged models that can still be read are loaded and run: that must end in an error or an answer.
@Suite(.serialized) struct SessionMutationTests {
  static let options: SessionOptions = {
    var options = SessionOptions()
    // Large enough for every model below, small enough that a damaged extent costs no minutes.
    options.limits.tensorBytes = 8 << 20
    options.limits.runBytes = 64 << 20
    options.limits.nodes = 10_000
    options.threads = 1
    return options
  }()

  /// The small ones; the fixtures are no networks, and those of the families are large ones with hardly a weight
  /// in the file.
  static let models = ModelFiles.all.filter { url in
    guard !url.path.contains("/Golden/"), !url.path.contains("/AviaryZooTests/Networks/") else { return false }
    let size = try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int
    return (size ?? .max) < 2 << 20
  }

  @Test(arguments: models) func damagedModel(_ url: URL) throws {
    let bytes = [UInt8](try Data(contentsOf: url))
    var mutator = Mutator(bytes, seed: UInt64(bytes.count) &+ 1)
    // The undamaged file shows that damage, not a limit, is what stops the others.
    // One of the commands' fixtures is not supported even so.
    do {
      try run(bytes, in: url.deletingLastPathComponent())
    } catch let error as ImportError where error.isUnsupported {}
    var refused = 0
    let count = Mutator.count(short: bytes.count < 100_000 ? 40 : 8)
    for _ in 0..<count {
      do {
        try run(mutator.next(), in: url.deletingLastPathComponent())
      } catch {
        refused += 1
        #expect(!"\(error)".isEmpty)
      }
    }
    #expect(refused > 0)
  }

  private func run(_ bytes: [UInt8], in folder: URL) throws {
    let model = try ONNXModel.read(
      bytes: bytes, name: "damaged", folder: folder.path, limits: Self.options.limits)
    let session = try Session(model: model, options: Self.options)
    _ = try session.run(try inputs(of: session))
  }

  /// Zeros of the declared types; a batch that is not known is 1, another extent 32.
  private func inputs(of session: Session) throws -> [String: Value] {
    var values: [String: Value] = [:]
    for input in session.inputs {
      guard case .tensor(let type, let shape) = input.type else { continue }
      let dims = (shape.dims ?? []).enumerated().map { $1.value ?? ($0 == 0 ? 1 : 32) }
      let tensor = try Tensor(
        elementType: type ?? .float, shape: try Shape(dims), limits: Self.options.limits
      ) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
      values[input.name] = .tensor(tensor)
    }
    return values
  }
}
