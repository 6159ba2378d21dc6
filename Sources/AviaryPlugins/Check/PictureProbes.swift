import AviaryCore
import AviaryEvaluation
import AviaryImage
import CAviaryPlugin
import Dispatch

/// Pictures of odd and ordinary sizes.
private let pictures: [(String, Image)] = [
  (48, 48, Image.Color.grey), (64, 48, .rgb), (1, 1, .grey), (1, 1, .rgb), (5, 3, .rgb), (1, 1000, .grey),
  (1000, 1, .rgb),
].compactMap { width, height, color in
  let samples = (0..<width * height * color.channels).map { UInt8(truncatingIfNeeded: $0 &* 37) }
  return Image(width: width, height: height, color: color, samples: samples).map {
    ("\(width)x\(height) \(color.rawValue)", $0)
  }
}

/// Calls `body` from four threads at once.
private func atOnce(_ body: @Sendable () throws(CallFailure) -> Void) throws(CallFailure) {
  let failures = Guarded<[CallFailure]>([])
  DispatchQueue.concurrentPerform(iterations: 4) { _ in
    do throws(CallFailure) { for _ in 0..<10 { try body() } } catch { failures.withLock { $0.append(error) } }
  }
  if let failure = failures.withLock({ $0.first }) { throw failure }
}

/// A preprocessing step: with and without parameters, on pictures of all sizes.
func stepProbes(_ step: ForeignStep) -> [PluginProbe] {
  let subject = "step \(step.name)"
  var probes = pictures.map { name, image in
    PluginProbe(subject, "apply: \(name)", sane: true) { () throws(CallFailure) in
      let instance = try step.make([:])
      let first = try instance.apply(image)
      guard try instance.apply(image) == first else { throw .broken("two runs on one picture differ") }
    }
  }
  probes.append(
    PluginProbe(subject, "apply: from four threads at once", sane: false) { () throws(CallFailure) in
      let instance = try step.make([:])
      guard let image = pictures.first?.1 else { return }
      try atOnce { () throws(CallFailure) in _ = try instance.apply(image) }
    })
  let surprises: [(String, StepParameter)] = [
    ("a number", .number(1)), ("NaN", .number(.nan)), ("a text", .text("")), ("a list", .numbers([])),
    ("a flag", .flag(true)),
  ]
  for (name, value) in surprises {
    probes.append(
      PluginProbe(subject, "create: a parameter that no step has is \(name)", sane: false) {
        () throws(CallFailure) in
        do throws(CallFailure) { _ = try step.make(["no-such-parameter": value]) } catch {
          throw error
        }
        throw .broken(
          "create took the parameter 'no-such-parameter': whoever misspells a parameter would never know")
      })
  }
  return probes
}

/// A face detector: with and without an argument, on pictures of all sizes.
func detectorProbes(_ detector: ForeignDetector) -> [PluginProbe] {
  let subject = "detector \(detector.name)"
  var probes = pictures.map { name, image in
    PluginProbe(subject, "detect: \(name)", sane: true) { () throws(CallFailure) in
      let instance = try detector.instance(nil)
      let first = try instance.faces(image)
      guard try instance.faces(image) == first else { throw .broken("two runs on one picture differ") }
    }
  }
  probes.append(
    PluginProbe(subject, "detect: from four threads at once", sane: false) { () throws(CallFailure) in
      let instance = try detector.instance(nil)
      guard let image = pictures.first?.1 else { return }
      try atOnce { () throws(CallFailure) in _ = try instance.faces(image) }
    })
  for argument in ["", "/nowhere/at/all", "\u{1F426}", String(repeating: "x", count: 10_000)] {
    probes.append(
      PluginProbe(subject, "open: '\(argument.prefix(20))'", sane: false) { () throws(CallFailure) in
        _ = try detector.instance(argument)
      })
  }
  return probes
}

/// A data set: paths that are none, and those that the user gives.
func datasetProbes(_ dataset: ForeignDataset, paths: [String]) -> [PluginProbe] {
  let subject = "data set \(dataset.kind)"
  let nonsense = ["/nowhere/at/all", "\u{1F426}", String(repeating: "x", count: 10_000)].map { path in
    PluginProbe(subject, "open: '\(path.prefix(20))'", sane: false) { () throws(CallFailure) in
      _ = try dataset.source(path)
    }
  }
  return nonsense + paths.map { path in
    PluginProbe(subject, "read: '\(path)'", sane: true) { () throws(CallFailure) in
      let source = try dataset.source(path)
      for split in source.splits.indices { try read(source, split: Int32(split)) }
    }
  }
}

/// Reads the first samples of a split twice, and every label.
private func read(_ source: ForeignDatasetSource, split: Int32) throws(CallFailure) {
  let count = try source.sampleCount(split: split, limit: DatasetOptions().maxEntries)
  for index in 0..<count { _ = try source.sample(split: split, index) }
  for index in 0..<min(count, 20) {
    let first = try source.image(split: split, index, maxPixels: DecodeOptions().maxPixels)
    guard try source.image(split: split, index, maxPixels: DecodeOptions().maxPixels) == first else {
      throw .broken("two readings of sample \(index) differ")
    }
  }
}
