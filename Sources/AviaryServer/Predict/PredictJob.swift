import Aviary
import AviaryCore
import NIOCore

/// One request's way through the pool: decode, find faces and prepare them in a task; then wait for every
/// model's answer about every face.
final class PredictJob: Sendable {
  private let request: PredictRequest
  private let models: [ServedModel]
  private let analyzer: FaceAnalyzer
  private let decoding: DecodeOptions
  private let pool: WorkerPool
  private let metrics: ServerMetrics
  private let admitted = ContinuousClock.now
  let completion = Completion<PredictAnswer>()

  private struct Progress {
    var answer = PredictAnswer()
    var boxes: [DetectedFace] = []
    /// By face, then by model.
    var predictions: [[PredictAnswer.Prediction?]] = []
    var missing = 0
  }
  private let progress = Guarded(Progress())

  init(
    _ request: PredictRequest, models: [ServedModel], analyzer: FaceAnalyzer, decoding: DecodeOptions,
    pool: WorkerPool, metrics: ServerMetrics
  ) {
    self.request = request
    self.models = models
    self.analyzer = analyzer
    self.decoding = decoding
    self.pool = pool
    self.metrics = metrics
  }

  func start() { pool.submit { [self] in prepare() } }

  /// On a thread of the pool.
  private func prepare() {
    // Whoever asked may have got a timeout meanwhile.
    guard !completion.isResolved else { return }
    let start = ContinuousClock.now
    metrics.waited(seconds: (start - admitted).seconds)
    do {
      let image = try request.image.withUnsafeReadableBytes { bytes throws(ImageError) in
        try Image(decoding: bytes, path: "image", options: decoding)
      }
      let decoded = ContinuousClock.now
      let faces = try analyzer.detect(image).faces
      let detected = ContinuousClock.now
      let crops = try analyzer.crops(faces, of: image)
      var inputs: [[[Float]]] = []
      for model in models {
        guard let classifier = model.classifier else { continue }
        inputs.append(try crops.map { crop throws(ImageError.Reason) in try classifier.contract.input(crop) })
      }
      metrics.found(
        faces: faces.count, decode: (decoded - start).seconds, detect: (detected - decoded).seconds)
      progress.withLock { progress in
        progress.answer.width = image.width
        progress.answer.height = image.height
        progress.answer.detector = analyzer.detectorName
        progress.answer.models = models.map(\.id)
        progress.answer.decode = (decoded - start).milliseconds
        progress.answer.detect = (detected - decoded).milliseconds
        progress.boxes = faces
        progress.predictions = faces.map { _ in models.map { _ in nil } }
        progress.missing = faces.count * models.count
      }
      guard !faces.isEmpty, !models.isEmpty else { return finish() }
      submit(inputs)
    } catch {
      completion.resolve(.failure(error))
    }
  }

  private func submit(_ inputs: [[[Float]]]) {
    let now = ContinuousClock.now
    for (position, (model, faces)) in zip(models, inputs).enumerated() {
      let items = faces.enumerated().map { face, input in
        ModelQueue.Item(input: input, arrived: now) { [self] result, milliseconds in
          take(result, milliseconds, face: face, position: position)
        }
      }
      pool.submit(items, model: model.index)
    }
  }

  private func take(_ result: Result<[Float], any Error>, _ milliseconds: Double, face: Int, position: Int) {
    switch result {
    case .failure(let error): completion.resolve(.failure(error))
    case .success(let row):
      let model = models[position]
      var scores = zip(model.labels(count: row.count), row).map { (label: $0, probability: $1) }
      scores.sort { $0.probability > $1.probability }
      if let top = request.top { scores = Array(scores.prefix(top)) }
      let prediction = PredictAnswer.Prediction(model: model.id, scores: scores, milliseconds: milliseconds)
      let isLast = progress.withLock { progress -> Bool in
        progress.predictions[face][position] = prediction
        progress.missing -= 1
        return progress.missing == 0
      }
      if isLast { finish() }
    }
  }

  private func finish() {
    let answer = progress.withLock { progress -> PredictAnswer in
      progress.answer.faces = zip(progress.boxes, progress.predictions).map { box, predictions in
        PredictAnswer.Face(box: box, predictions: predictions.compactMap { $0 })
      }
      return progress.answer
    }
    completion.resolve(.success(answer))
  }
}
