import Aviary
import Foundation

/// Goes through a film frame by frame and says what becomes of its faces.
struct FilmReport {
  private let analyzer: FaceAnalyzer
  private let flags: FilmFlags
  private let decoding: DecodeOptions

  /// Frames that are decoded and searched at a time, on several threads.
  private static let batch = 8

  init(_ analyzer: FaceAnalyzer, _ flags: FilmFlags, _ decoding: DecodeOptions) {
    self.analyzer = analyzer
    self.flags = flags
    self.decoding = decoding
  }

  /// - Throws: `UsageError` for more than one film, `ImageError` where it cannot be read, and what fails in a
  ///   frame that is intact.
  func run(_ paths: [String], output: String?, json: Bool) throws {
    guard paths.count == 1 else { throw UsageError("--video takes one film or folder at a time") }
    var options = flags.options
    options.decoding = decoding
    let reader = try VideoReader(path: paths[0], options: options)
    var timeline = FilmTimeline(
      labels: analyzer.classifiers.map { $0.contract.labels }, models: analyzer.classifiers.map(\.id),
      flags: flags)
    let progress = ProgressBar("predict")
    let started = ContinuousClock.now
    while true {
      let frames = (0..<Self.batch).compactMap { _ in reader.next() }
      if frames.isEmpty { break }
      for (frame, analysis) in zip(frames, try analyze(frames)) {
        switch analysis {
        case .success(let analysis): timeline.add(analysis, frame)
        case .failure(let error):
          Console.note("skipped: \(error)")
          timeline.skip()
        }
      }
      if let count = reader.count { progress.update(timeline.frames, of: count) }
    }
    guard timeline.frames > 0 else { throw CommandError("\(paths[0]): has no frames") }
    let rate = Double(timeline.frames) / max(1e-9, (ContinuousClock.now - started).seconds)
    Console.note(
      "\(timeline.frames) frames, \(fixed(rate, 1)) a second; \(timeline.skipped) could not be read")
    guard timeline.skipped < timeline.frames else {
      throw CommandError("\(paths[0]): no frame could be read")
    }
    try write(timeline, film: paths[0], reader, output: output, json: json)
  }

  /// The frames' faces, in the order of the frames; a damaged frame has its error.
  private func analyze(_ frames: [VideoFrame]) throws -> [Result<FaceAnalysis, ImageError>] {
    try frames.map { frame in
      switch frame.image {
      case .failure(let error): return .failure(error)
      case .success(let image):
        do { return .success(try analyzer.analyze(image)) } catch let reason as ImageError.Reason {
          return .failure(ImageError(path: frame.name, reason: reason))
        }
      }
    }
  }

  private func write(
    _ timeline: FilmTimeline, film: String, _ reader: VideoReader, output: String?, json: Bool
  ) throws {
    guard let output else {
      if json { try Console.printJSON(timeline.rows) } else { print(timeline.csv, terminator: "") }
      return
    }
    let name = URL(fileURLWithPath: film).lastPathComponent
    var files = [try write("frames.csv", Data(timeline.csv.utf8), in: output)]
    for (index, classifier) in analyzer.classifiers.enumerated() {
      let chart = TimelineChart(
        timeline.panels(classifier.id), labels: timeline.names(of: index),
        title: "\(name): \(classifier.id)",
        subtitle:
          "\(timeline.frames) frames, \(timeline.tracks.count) faces; detector \(analyzer.detectorName); "
          + "evened out over \(fixed(flags.smoothing, 2)) s", gap: flags.patience)
      let stem = analyzer.classifiers.count == 1 ? "timeline" : "timeline-\(classifier.id)"
      let svg = chart.svg()
      files.append(try write("\(stem).svg", Data(svg.utf8), in: output))
      files.append(try write("\(stem).png", PNGRenderer.png(svg: svg), in: output))
    }
    if json { try Console.printJSON(timeline.rows) } else { print(timeline.summary) }
    for file in files { Console.note("wrote \(file)") }
  }

  private func write(_ name: String, _ data: Data, in folder: String) throws -> String {
    let file = "\(folder)/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try data.write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw CommandError("\(file): cannot be written: \(error.localizedDescription)")
    }
    return file
  }
}
