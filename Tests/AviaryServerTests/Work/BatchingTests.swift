import Aviary
import AviaryCore
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import AviaryServer

@Suite struct BatchingTests {
  @Test func batchesArePowersOfTwo() throws {
    let server = try TestServer.make()
    defer { server.services.pool.stop() }
    var queue = ModelQueue(server.services.models.models[0])
    let start = ContinuousClock.now
    queue.append(
      contentsOf: (0..<13).map { index in
        ModelQueue.Item(input: [Float(index)], arrived: start + .milliseconds(index)) { _, _ in }
      })
    var sizes: [Int] = []
    var order: [Float] = []
    while queue.count > 0 {
      #expect(queue.oldest == start + .milliseconds(order.count))
      let batch = queue.take(maximum: 6)
      sizes.append(batch.count)
      order += batch.map { $0.input[0] }
    }
    #expect(sizes == [4, 4, 4, 1])
    #expect(order == (0..<13).map(Float.init))
    #expect(queue.oldest == nil && queue.take(maximum: 4).isEmpty)
  }

  /// Pictures of many clients at once get what each gets alone, to the rounding of another order of sums.
  @Test func manyClientsGetTheirOwnAnswers() async throws {
    let server = try TestServer.make { $0.concurrency = 2 }
    let services = server.services
    defer { services.pool.stop() }
    let folder = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "png" }.sorted { $0.path < $1.path }.prefix(40)
    #expect(files.count == 40)
    let model = services.models.models[0]
    let classifier = try #require(model.classifier)
    try await withThrowingTaskGroup(of: (URL, PredictAnswer).self) { group in
      for file in files {
        let bytes = ByteBuffer(bytes: try Data(contentsOf: file))
        let job = PredictJob(
          PredictRequest(image: bytes, share: services.budget.share()), models: [model],
          analyzer: try services.detectors.analyzer(nil), decoding: services.decoding, pool: services.pool,
          metrics: services.metrics)
        job.start()
        group.addTask { (file, try await job.completion.value()) }
      }
      for try await (file, answer) in group {
        let alone = try #require(try classifier.classify([Image(contentsOf: file.path)]).first)
        let labels = try #require(classifier.contract.labels)
        let scores = try #require(answer.faces.first?.predictions.first?.scores)
        #expect(scores.map(\.probability) == scores.map(\.probability).sorted(by: >))
        for (label, probability) in zip(labels, alone) {
          let found = try #require(scores.first { $0.label == label })
          #expect(abs(found.probability - probability) < 1e-5)
        }
      }
    }
    #expect(services.metrics.text(waiting: 0, heldBytes: 0).contains("aviary_faces_total 40"))
  }

  @Test func picturesThatCannotBeRead() async throws {
    let server = try TestServer.make { $0.maximumPixels = 1000 }
    let services = server.services
    defer { services.pool.stop() }
    func status(_ bytes: [UInt8]) async throws -> Int {
      let job = PredictJob(
        PredictRequest(image: ByteBuffer(bytes: bytes), share: services.budget.share()),
        models: services.models.models, analyzer: try services.detectors.analyzer(nil),
        decoding: services.decoding, pool: services.pool, metrics: services.metrics)
      job.start()
      do { _ = try await job.completion.value() } catch { return HTTPFailure(error).status.code }
      return 200
    }
    #expect(try await status(Array("GIF89a...........".utf8)) == 415)
    #expect(try await status([0xFF, 0xD8, 0xFF, 0xE0, 0, 0]) == 422)
    let photo = Locations.root.appendingPathComponent("Zoo/samples/drawn-faces")
    let file = try #require(FileManager.default.enumerator(at: photo, includingPropertiesForKeys: nil))
      .compactMap { $0 as? URL }.first { $0.pathExtension == "png" }
    #expect(try await status(Array(Data(contentsOf: try #require(file)))) == 413)
  }
}
