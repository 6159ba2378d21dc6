import Synchronization

/// Where one running loop is announced to the workers. There is a fixed number of slots, which live as long
/// as the process: a worker that comes late finds valid memory, and no chunk to claim.
///
/// `state` packs everything that a claim must know at once: which loop this is (a generation, so that a late
/// worker never takes part in the next loop by mistake), how many chunks it has and which is next, how many
/// workers may join and how many have. `job` is written before the state that publishes it and read only
/// with a claimed chunk in hand, whose completion the loop's caller waits for.
struct LoopSlot: ~Copyable {
  private let state = Atomic<UInt64>(0)
  /// Chunks that are done.
  private let finished = Atomic<Int>(0)
  /// Whether the caller sleeps until the last chunk is done.
  let callerSleeps = Atomic<Bool>(false)
  private let job: UnsafeMutablePointer<Job>
  /// Keeps neighbouring slots off each other's cache lines.
  private let padding: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  private struct Job {
    let chunks: Chunks
    let body: BorrowedBody
  }

  init() { job = .allocate(capacity: 1) }

  /// The packed state.
  private struct State {
    var word: UInt64
    static let nextUnit: UInt64 = 1
    static let joinedUnit: UInt64 = 1 << 14
    static let generationUnit: UInt64 = 1 << 36

    var next: Int { Int(word & 0x7f) }
    var chunks: Int { Int(word >> 7 & 0x7f) }
    var joined: Int { Int(word >> 14 & 0x7ff) }
    var threads: Int { Int(word >> 25 & 0x7ff) }
    var generation: UInt64 { word >> 36 }
    var hasWork: Bool { next < chunks }
  }

  /// What a worker keeps of the loop that it last joined.
  struct Membership {
    var generation: UInt64 = .max
    var number = 0
  }

  /// Announces a loop; the caller owns the slot.
  func publish(_ chunks: Chunks, threads: Int, _ body: BorrowedBody) {
    // Trivial values: there is nothing to deinitialise first.
    job.initialize(to: Job(chunks: chunks, body: body))
    finished.store(0, ordering: .relaxed)
    callerSleeps.store(false, ordering: .relaxed)
    let generation = State(word: state.load(ordering: .relaxed)).generation &+ 1
    let word = generation << 36 | UInt64(threads) << 25 | UInt64(chunks.number) << 7
    state.store(word, ordering: .releasing)
  }

  /// Claims and runs one chunk as the loop's caller, worker 0.
  ///
  /// - Returns: whether there was one.
  func runAsCaller() -> Bool {
    var old = State(word: state.load(ordering: .relaxed))
    while old.hasWork {
      let (exchanged, current) = state.weakCompareExchange(
        expected: old.word, desired: old.word + State.nextUnit, ordering: .relaxed)
      if exchanged {
        run(old.next, 0)
        finished.add(1, ordering: .sequentiallyConsistent)
        return true
      }
      old.word = current
    }
    return false
  }

  private func run(_ chunk: Int, _ worker: Int) { job.pointee.body(job.pointee.chunks[chunk], worker) }

  enum Claim { case none, ran, ranLast }

  /// Claims and runs one chunk as a worker, joining the loop first where it has not yet and may.
  func runAsWorker(_ membership: inout Membership) -> Claim {
    var old = State(word: state.load(ordering: .relaxed))
    while old.hasWork {
      let isMember = membership.generation == old.generation
      guard isMember || old.joined + 1 < old.threads else { return .none }
      let (exchanged, current) = state.weakCompareExchange(
        expected: old.word, desired: old.word + State.nextUnit + (isMember ? 0 : State.joinedUnit),
        successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged {
        if !isMember { membership = Membership(generation: old.generation, number: old.joined + 1) }
        run(old.next, membership.number)
        let done = finished.add(1, ordering: .sequentiallyConsistent).newValue
        return done == old.chunks ? .ranLast : .ran
      }
      old.word = current
    }
    return .none
  }

  /// Whether all chunks are done; asked by the caller.
  var isComplete: Bool { finished.load(ordering: .sequentiallyConsistent) == job.pointee.chunks.number }
}
