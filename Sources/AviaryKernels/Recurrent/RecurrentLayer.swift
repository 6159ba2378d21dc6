import AviaryCore

/// The extents of a recurrent layer, and where its values lie.
package struct RecurrentSizes: Sendable, Equatable {
  package let steps: Int
  package let batch: Int
  package let input: Int
  package let hidden: Int
  package let directions: Int
  /// `layout` 1: the batch is the outermost axis.
  package let isBatchFirst: Bool

  package init(steps: Int, batch: Int, input: Int, hidden: Int, directions: Int, isBatchFirst: Bool) {
    self.steps = steps
    self.batch = batch
    self.input = input
    self.hidden = hidden
    self.directions = directions
    self.isBatchFirst = isBatchFirst
  }

  func x(_ t: Int, _ b: Int) -> Int { (isBatchFirst ? b * steps + t : t * batch + b) * input }
  func y(_ t: Int, _ d: Int, _ b: Int) -> Int {
    (isBatchFirst ? (b * steps + t) * directions + d : (t * directions + d) * batch + b) * hidden
  }
  func state(_ d: Int, _ b: Int) -> Int { (isBatchFirst ? b * directions + d : d * batch + b) * hidden }
}

package enum RecurrentKind: Sendable, Equatable {
  case rnn
  /// `linear_before_reset`: whether the reset gate multiplies the product instead of the state.
  case gru(resetsProduct: Bool)
  /// `input_forget`: whether the forget gate is 1 - the input gate.
  case lstm(isCoupled: Bool)

  package var gates: Int {
    switch self {
    case .rnn: 1
    case .gru: 3
    case .lstm: 4
    }
  }
}

/// RNN, GRU or LSTM over sequences, in one or two directions.
///
/// Inputs are multiplied with their weights for many steps at once; of a step only the product with the
/// hidden state is left, whose results are the gates of some units, so that threads share a step by units and
/// meet once. Large batches, and the two directions, are independent: then threads do not meet at all.
package struct RecurrentLayer<T: RecurrentElement>: Sendable {
  /// What one direction computes with.
  package struct Direction: Sendable {
    let input: GateWeights<T>
    let recurrent: GateWeights<T>
    /// GRU with the reset before the product: the candidate's recurrent weights, which come second.
    let candidate: GateWeights<T>?
    /// Padded like a row of gates.
    let bias: [T]
    /// What products with the state begin with, where these are kept apart (GRU).
    let recurrentBias: [T]
    /// LSTM: i, o, f.
    let peepholes: [T]?
    /// In the order of the specification: f, g, h.
    let activations: [GateActivation]
  }

  package let sizes: RecurrentSizes
  package let kind: RecurrentKind
  package let clip: T?
  package let directions: [Direction]
  /// Which direction runs from the last step to the first.
  package let isReverse: [Bool]

  /// Units with padding.
  var padded: Int { (sizes.hidden + T.unitLanes - 1) / T.unitLanes * T.unitLanes }

  package init(
    sizes: RecurrentSizes, kind: RecurrentKind, clip: Double?, directions: [Direction], isReverse: [Bool]
  ) {
    self.sizes = sizes
    self.kind = kind
    self.clip = clip.map { T.of($0) }
    self.directions = directions
    self.isReverse = isReverse
  }

  /// Addresses of one run; absent values are `nil`.
  package struct Values {
    package var x: UnsafePointer<T>
    /// Valid steps of each sequence, in 0 ... steps; `nil` where all are.
    package var lengths: [Int]?
    package var hidden: UnsafePointer<T>?
    package var cell: UnsafePointer<T>?
    package var y: UnsafeMutablePointer<T>?
    package var lastHidden: UnsafeMutablePointer<T>?
    package var lastCell: UnsafeMutablePointer<T>?

    package init(x: UnsafePointer<T>) { self.x = x }
  }

  // MARK: Jobs

  /// Some sequences in one direction.
  private struct Job {
    let direction: Int
    let batch: Range<Int>
  }

  private func jobs(threads: Int) -> [Job] {
    // A sequence costs as much to multiply as several that share the weights: few are not worth a cut.
    let wanted = (threads + sizes.directions - 1) / sizes.directions
    let chunks = sizes.batch >= 4 * wanted ? wanted : 1
    return (0..<sizes.directions).flatMap { direction in
      (0..<chunks).map { chunk in
        Job(direction: direction, batch: chunk * sizes.batch / chunks..<(chunk + 1) * sizes.batch / chunks)
      }
    }
  }

  /// Steps whose inputs are multiplied at once: their gates stay in the cache until they are used.
  private func chunkSteps(rows: Int) -> Int {
    max(1, min(sizes.steps, (1 << 17) / max(1, rows * kind.gates * padded)))
  }

  /// Elements of scratch memory; `nil` where that overflows.
  package func scratchCount(threads: Int) -> Int? {
    var total = 0
    for job in jobs(threads: threads) {
      let rows = job.batch.count
      let (row, wide) = padded.multipliedReportingOverflow(by: kind.gates * (chunkSteps(rows: rows) + 1) + 5)
      let (all, long) = row.multipliedReportingOverflow(by: rows)
      let (sum, large) = total.addingReportingOverflow(all)
      guard !wide, !long, !large else { return nil }
      total = sum
    }
    return total
  }

  /// - Parameter scratch: `scratchCount(threads: parallel.threads)` elements.
  package func run(_ values: Values, scratch: UnsafeMutablePointer<T>, parallel: any Parallel) {
    guard sizes.batch > 0, sizes.hidden > 0 else { return }
    let jobs = jobs(threads: parallel.threads)
    var memory: [UnsafeMutablePointer<T>] = []
    var next = scratch
    for job in jobs {
      memory.append(next)
      next += job.batch.count * padded * (kind.gates * (chunkSteps(rows: job.batch.count) + 1) + 5)
    }
    if jobs.count == 1 { return run(jobs[0], values, memory[0], parallel) }
    parallel.forEach(jobs.count, grain: 1) { range in
      for index in range { run(jobs[index], values, memory[index], Serial()) }
    }
  }

  private func run(
    _ job: Job, _ values: Values, _ memory: UnsafeMutablePointer<T>, _ parallel: any Parallel
  ) {
    let rows = job.batch.count
    let chunk = chunkSteps(rows: rows)
    let state = RecurrentState(
      layer: self, direction: directions[job.direction], rows: rows, memory: memory, chunk: chunk)
    let width = sizes.hidden
    for r in 0..<rows {
      let place = sizes.state(job.direction, job.batch.lowerBound + r)
      if let hidden = values.hidden { (state.old + r * padded).update(from: hidden + place, count: width) }
      if let cell = values.cell { (state.cell + r * padded).update(from: cell + place, count: width) }
    }
    let isReverse = isReverse[job.direction]
    var start = 0
    while start < sizes.steps {
      let some = min(chunk, sizes.steps - start)
      let times = (start..<start + some).map { isReverse ? sizes.steps - 1 - $0 : $0 }
      let offsets = times.flatMap { t in job.batch.map { sizes.x(t, $0) } }
      state.multiplyInputs(values.x, offsets, parallel)
      for (index, t) in times.enumerated() {
        let active = job.batch.map { b in values.lengths.map { t < $0[b] } ?? true }
        if active.contains(true) { state.advance(index, active, parallel) }
        guard let y = values.y else { continue }
        for r in 0..<rows {
          let to = y + sizes.y(t, job.direction, job.batch.lowerBound + r)
          if active[r] {
            to.update(from: state.old + r * padded, count: width)
          } else {
            to.update(repeating: 0, count: width)
          }
        }
      }
      start += some
    }
    for r in 0..<rows {
      let place = sizes.state(job.direction, job.batch.lowerBound + r)
      if let last = values.lastHidden { (last + place).update(from: state.old + r * padded, count: width) }
      if let last = values.lastCell { (last + place).update(from: state.cell + r * padded, count: width) }
    }
  }
}
