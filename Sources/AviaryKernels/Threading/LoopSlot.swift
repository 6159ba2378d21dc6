import Synchronization

/// Where one running loop is announced to the workers. There is a fixed number of slots, which live as long
/// as the process: a worker that comes late finds valid memory, and no chunk to claim.
///
/// `state` packs everything that a claim must know at once: which chunks nobody has claimed, which loop this is
/// (a generation, so that a late worker never takes part in the next loop by mistake), how many workers may
/// join and how many have. `job` is written before the state that publishes it and read only with a claimed
/// chunk in hand, whose completion the loop's caller waits for.
///
/// A thread begins at a place of its own, the same fraction of every loop, and goes on to its neighbours':
/// chunks of one loop that follow what the thread did in the loop before find it in the thread's own cache.
struct LoopSlot: ~Copyable {
  private let state = Atomic<WordPair>(WordPair(first: 0, second: 0))
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
    /// First a bit for every chunk that is unclaimed; then joined and allowed workers, chunks, generation.
    var words: WordPair

    init(_ words: WordPair) { self.words = words }

    init(_ chunks: Chunks, threads: Int, generation: UInt) {
      words = WordPair(
        first: UInt.max >> UInt(UInt.bitWidth - chunks.number),
        second: generation << 29 | UInt(chunks.number) << 22 | UInt(threads) << 11)
    }

    var joined: Int { Int(words.second & 0x7ff) }
    var threads: Int { Int(words.second >> 11 & 0x7ff) }
    var chunks: Int { Int(words.second >> 22 & 0x7f) }
    var generation: UInt { words.second >> 29 }
    var hasWork: Bool { words.first != 0 }

    /// The unclaimed chunk that a thread takes: the next one from its home on. There must be one.
    func next(home: Int) -> Int {
      let start = UInt(home % threads * chunks / threads)
      let ahead = (words.first >> start) << start
      return (ahead == 0 ? words.first : ahead).trailingZeroBitCount
    }

    func claiming(_ chunk: Int, joining: Bool) -> WordPair {
      WordPair(first: words.first & ~(1 << UInt(chunk)), second: words.second + (joining ? 1 : 0))
    }
  }

  /// What a worker keeps of the loop that it last joined.
  struct Membership {
    var generation: UInt = .max
    var number = 0
  }

  /// Announces a loop; the caller owns the slot.
  func publish(_ chunks: Chunks, threads: Int, _ body: BorrowedBody) {
    // Trivial values: there is nothing to deinitialise first.
    job.initialize(to: Job(chunks: chunks, body: body))
    finished.store(0, ordering: .relaxed)
    callerSleeps.store(false, ordering: .relaxed)
    let generation = State(state.load(ordering: .relaxed)).generation &+ 1
    let word = State(chunks, threads: threads, generation: generation & (UInt.max >> 30))
    state.store(word.words, ordering: .releasing)
  }

  /// Claims and runs one chunk as the loop's caller, worker 0.
  ///
  /// - Returns: whether there was one.
  func runAsCaller() -> Bool {
    var old = State(state.load(ordering: .relaxed))
    while old.hasWork {
      let chunk = old.next(home: 0)
      let (exchanged, current) = state.weakCompareExchange(
        expected: old.words, desired: old.claiming(chunk, joining: false), ordering: .relaxed)
      if exchanged {
        run(chunk, 0)
        finished.add(1, ordering: .sequentiallyConsistent)
        return true
      }
      old = State(current)
    }
    return false
  }

  private func run(_ chunk: Int, _ worker: Int) { job.pointee.body(job.pointee.chunks[chunk], worker) }

  enum Claim { case none, ran, ranLast }

  /// Claims and runs one chunk as a worker, joining the loop first where it has not yet and may.
  ///
  /// - Parameter home: the worker's number in the crew, from 1.
  func runAsWorker(_ membership: inout Membership, home: Int) -> Claim {
    var old = State(state.load(ordering: .relaxed))
    while old.hasWork {
      let isMember = membership.generation == old.generation
      guard isMember || old.joined + 1 < old.threads else { return .none }
      let chunk = old.next(home: home)
      let (exchanged, current) = state.weakCompareExchange(
        expected: old.words, desired: old.claiming(chunk, joining: !isMember),
        successOrdering: .acquiring, failureOrdering: .relaxed)
      if exchanged {
        if !isMember { membership = Membership(generation: old.generation, number: old.joined + 1) }
        run(chunk, membership.number)
        let done = finished.add(1, ordering: .sequentiallyConsistent).newValue
        return done == old.chunks ? .ranLast : .ran
      }
      old = State(current)
    }
    return .none
  }

  /// Whether all chunks are done; asked by the caller.
  var isComplete: Bool { finished.load(ordering: .sequentiallyConsistent) == job.pointee.chunks.number }
}
