import Aviary
import Foundation
import Hummingbird

/// `/v1/models` and `/v1/detectors`.
struct ModelHandlers: Sendable {
  let services: Services

  func list() -> Response {
    let models = services.models.classifiers
    var json = JSONWriter()
    json.object { json in
      json.member("default", models.first.map { [$0.id] } ?? [])
      json.key("models")
      json.array { json in
        for model in models { json.object { Self.write(model, to: &$0) } }
      }
    }
    return .json(json)
  }

  func describe(_ call: Call) throws -> Response {
    let model = try services.models.model(call.parameters["id"] ?? "")
    guard model.classifier != nil else {
      throw HTTPFailure(.notFound, "'\(model.id)' takes tensors, not pictures: see /v2/models/\(model.id)")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let manifest = try model.manifest.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    var json = JSONWriter()
    json.object { json in
      Self.write(model, to: &json)
      if let manifest {
        json.key("manifest")
        json.plain(manifest)
      }
    }
    return .json(json)
  }

  private static func write(_ model: ServedModel, to json: inout JSONWriter) {
    let manifest = model.manifest
    json.member("id", model.id)
    json.member("name", manifest?.name ?? model.id)
    json.member(ifPresent: "family", manifest?.family)
    json.member(ifPresent: "description", manifest?.description)
    json.member(ifPresent: "license", manifest?.license)
    json.member(ifPresent: "parameters", manifest?.parameters)
    if let contract = model.classifier?.contract {
      json.member("labels", model.labels(count: contract.classes ?? 0))
      json.key("input")
      json.object {
        $0.member("width", contract.input.width)
        $0.member("height", contract.input.height)
        $0.member("channels", contract.input.channels.rawValue)
      }
    }
    json.key("metrics")
    json.array { json in
      for metrics in manifest?.metrics ?? [] {
        json.object {
          $0.member("data", metrics.data)
          $0.member("samples", metrics.samples)
          $0.member("accuracy", metrics.accuracy)
          $0.member(ifPresent: "balancedAccuracy", metrics.balancedAccuracy)
          $0.member(ifPresent: "macroF1", metrics.macroF1)
          $0.member(ifPresent: "logLoss", metrics.logLoss)
        }
      }
    }
  }

  func detectors() -> Response {
    var json = JSONWriter()
    json.object { json in
      json.member("default", services.detectors.standard)
      json.key("detectors")
      json.array { json in
        for entry in services.detectors.entries {
          json.object {
            $0.member("id", entry.id)
            $0.member("name", entry.summary)
            $0.member("available", entry.detector != nil)
          }
        }
      }
    }
    return .json(json)
  }
}
