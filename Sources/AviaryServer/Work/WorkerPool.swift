import Foundation

/// The threads on which pictures are decoded and models run: what takes long must not keep the event loops
/// from reading and answering.
///
/// There are two kinds of work: tasks (a request's decoding and detection, a run of tensors) in the order of
/// their coming, and faces that wait for a model. A free thread first runs a model whose batch is full or
/// whose oldest face has waited for `delay`; then it takes a task; where there is none, it runs what faces
/// there are. So faces of several clients meet in one run while there is other work to do, and nobody ever
/// waits beside an idle thread.
///
/// Why `@unchecked Sendable` holds: `state` is touched only while `condition` is locked.
final class WorkerPool: @unchecked Sendable {
  private struct State {
    var tasks: [@Sendable () -> Void] = []
    var queues: [ModelQueue] = []
    var isStopped = false
  }

  private enum Work {
    case task(@Sendable () -> Void)
    case batch(ServedModel, [ModelQueue.Item])
  }

  let threads: Int
  private let maximumBatch: Int
  private let delay: Duration
  private let metrics: ServerMetrics
  private let condition = NSCondition()
  private var state = State()

  /// - Parameters:
  ///   - threads: at least one.
  ///   - maximumBatch: faces in one run of a model at most; 1 leaves every face to itself.
  ///   - delay: how long a face waits for others while there is other work.
  init(threads: Int, models: [ServedModel], maximumBatch: Int, delay: Duration, metrics: ServerMetrics) {
    self.threads = max(1, threads)
    self.maximumBatch = max(1, maximumBatch)
    self.delay = delay
    self.metrics = metrics
    state.queues = models.map(ModelQueue.init)
    for index in 0..<self.threads {
      let thread = Thread { [self] in work() }
      thread.name = "aviary-\(index)"
      // Networks with nested graphs and decoders use some stack.
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// Queues a task.
  func submit(_ task: @escaping @Sendable () -> Void) {
    condition.lock()
    state.tasks.append(task)
    condition.unlock()
    condition.signal()
  }

  /// Queues faces for the model with that position in the list of models.
  func submit(_ items: [ModelQueue.Item], model index: Int) {
    condition.lock()
    state.queues[index].append(contentsOf: items)
    condition.unlock()
    condition.signal()
  }

  /// Runs a closure on a thread of the pool.
  func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    let completion = Completion<T>()
    submit { completion.resolve(Result { try body() }) }
    return try await completion.value()
  }

  /// Lets the threads end once there is nothing left to do.
  func stop() {
    condition.lock()
    state.isStopped = true
    condition.unlock()
    condition.broadcast()
  }

  private func work() {
    while let next = next() {
      switch next {
      case .task(let task): task()
      case .batch(let model, let items): run(model, items)
      }
    }
  }

  private func next() -> Work? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let work = takeWork() {
        // What is left is for another thread: a batch may not have taken all faces.
        if !state.tasks.isEmpty || state.queues.contains(where: { $0.count > 0 }) { condition.signal() }
        return work
      }
      if state.isStopped { return nil }
      condition.wait()
    }
  }

  private func takeWork() -> Work? {
    let now = ContinuousClock.now
    var oldest: (index: Int, arrived: ContinuousClock.Instant)?
    for (index, queue) in state.queues.enumerated() {
      guard let arrived = queue.oldest else { continue }
      if queue.count >= limit(queue.model) || arrived + delay <= now || state.tasks.isEmpty {
        if oldest.map({ arrived < $0.arrived }) ?? true { oldest = (index, arrived) }
      }
    }
    if let oldest {
      let model = state.queues[oldest.index].model
      return .batch(model, state.queues[oldest.index].take(maximum: limit(model)))
    }
    return state.tasks.isEmpty ? nil : .task(state.tasks.removeFirst())
  }

  /// A graph with a batch size of its own gains nothing from more.
  private func limit(_ model: ServedModel) -> Int { min(maximumBatch, model.fixedBatch ?? maximumBatch) }

  private func run(_ model: ServedModel, _ items: [ModelQueue.Item]) {
    let start = ContinuousClock.now
    let result = Result { try model.probabilities(items.map(\.input)) }
    let time = ContinuousClock.now - start
    metrics.ran(model: model.id, batch: items.count, seconds: time.seconds)
    switch result {
    case .success(let rows):
      for (item, row) in zip(items, rows) { item.deliver(.success(row), time.milliseconds) }
    case .failure where items.count > 1:
      // One face's trouble is not the others'.
      for item in items { run(model, [item]) }
    case .failure(let error):
      for item in items { item.deliver(.failure(error), time.milliseconds) }
    }
  }
}
