import CSIMD
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The worker threads of the process, shared by all pools, and the loops they help with.
///
/// Workers look for loops to help with, spin for some tens of microseconds when there are none, then sleep.
/// Threads at work, callers included, are counted: a worker joins only while fewer are than the process has
/// processors (or than somebody asked for), and leaves after its chunk when a further caller has come.
///
/// Why `@unchecked Sendable` holds: slots are used as `LoopSlot` says; `hired` is touched under `mutex` only;
/// the rest is atomic or never changes.
final class Crew: @unchecked Sendable {
  static let shared = Crew()
  /// Most threads of a loop, limited by what `LoopSlot` can count.
  static let mostThreads = 1024

  private let slots: UnsafeMutablePointer<LoopSlot>
  /// Slots in use, and those of them whose loop may have chunks left; one bit each.
  private let owned = Atomic<UInt64>(0)
  private let active = Atomic<UInt64>(0)
  /// Counts published loops, so that workers see that something is new.
  private let publications = Atomic<Int>(0)
  /// Threads that run chunks, and how many may.
  private let busy = Atomic<Int>(0)
  private let capacity = Atomic<Int>(ThreadPool.availableProcessors)

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let workArrived: UnsafeMutablePointer<pthread_cond_t>
  private let loopDone: UnsafeMutablePointer<pthread_cond_t>
  private let sleepers = Atomic<Int>(0)
  private var hired = 0

  /// How long a worker without work, and a caller without chunks, spin before they sleep.
  private static let workerSpin = 40_000
  private static let callerSpin = 60_000

  private init() {
    slots = .allocate(capacity: UInt64.bitWidth)
    for index in 0..<UInt64.bitWidth { (slots + index).initialize(to: LoopSlot()) }
    mutex = .allocate(capacity: 1)
    workArrived = .allocate(capacity: 1)
    loopDone = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workArrived, nil)
    pthread_cond_init(loopDone, nil)
  }

  /// Sees to it that there are that many workers, as far as the system allows.
  func hire(workers: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while hired < workers {
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { number in
          Crew.shared.work(number: Int(bitPattern: number))
          return nil
        }, UnsafeMutableRawPointer(bitPattern: hired + 1))
      guard status == 0 else { break }
      pthread_detach(thread)
      hired += 1
    }
    // Whoever asks for more threads than there are processors means it.
    if hired + 1 > capacity.load(ordering: .relaxed) { capacity.store(hired + 1, ordering: .relaxed) }
  }

  // MARK: Callers

  /// Runs a loop with the help of workers.
  ///
  /// - Returns: false where no slot was free, and nothing was done.
  func run(_ chunks: Chunks, threads: Int, _ body: BorrowedBody) -> Bool {
    guard let index = takeSlot() else { return false }
    let slot = slots + index
    let bit: UInt64 = 1 << UInt64(index)
    slot.pointee.publish(chunks, threads: threads, body)
    let others = capacity.load(ordering: .relaxed) - busy.add(1, ordering: .relaxed).newValue
    active.bitwiseOr(bit, ordering: .releasing)
    publications.add(1, ordering: .sequentiallyConsistent)
    wake(min(others, threads - 1, chunks.number - 1))

    aviary_set_in_parallel(1)
    while slot.pointee.runAsCaller() {}
    aviary_set_in_parallel(0)
    active.bitwiseAnd(~bit, ordering: .relaxed)
    if !spin(Self.callerSpin, until: { slot.pointee.isComplete }) { sleep(until: slot) }
    busy.subtract(1, ordering: .relaxed)
    owned.bitwiseAnd(~bit, ordering: .releasing)
    return true
  }

  private func takeSlot() -> Int? {
    var taken = owned.load(ordering: .relaxed)
    while taken != .max {
      let index = (~taken).trailingZeroBitCount
      let (exchanged, current) = owned.weakCompareExchange(
        expected: taken, desired: taken | 1 << UInt64(index), successOrdering: .acquiring,
        failureOrdering: .relaxed)
      if exchanged { return index }
      taken = current
    }
    return nil
  }

  private func wake(_ most: Int) {
    guard most > 0, sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    for _ in 0..<min(most, sleepers.load(ordering: .relaxed)) { pthread_cond_signal(workArrived) }
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps until the loop's last chunk is done. Its worker may be waiting for a processor, perhaps this one.
  private func sleep(until slot: UnsafeMutablePointer<LoopSlot>) {
    pthread_mutex_lock(mutex)
    // A worker looks at the flag after it has counted its chunk, this thread counts after raising it: one
    // of the two sees the other.
    slot.pointee.callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while !slot.pointee.isComplete { pthread_cond_wait(loopDone, mutex) }
    pthread_mutex_unlock(mutex)
  }

  // MARK: Workers

  /// - Parameter number: the worker's, from 1.
  private func work(number: Int) {
    // Whatever a worker runs is a chunk of somebody's loop.
    aviary_set_in_parallel(1)
    var memberships = [LoopSlot.Membership](repeating: .init(), count: UInt64.bitWidth)
    while true {
      let seen = publications.load(ordering: .acquiring)
      if help(&memberships, number) { continue }
      let isNews = { self.publications.load(ordering: .acquiring) != seen }
      if spin(Self.workerSpin, until: isNews) { continue }
      pthread_mutex_lock(mutex)
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while publications.load(ordering: .sequentiallyConsistent) == seen { pthread_cond_wait(workArrived, mutex) }
      sleepers.subtract(1, ordering: .relaxed)
      pthread_mutex_unlock(mutex)
    }
  }

  /// Works on loops that have chunks left.
  ///
  /// - Returns: whether there was one.
  private func help(_ memberships: inout [LoopSlot.Membership], _ number: Int) -> Bool {
    var candidates = active.load(ordering: .acquiring)
    guard candidates != 0, isRoom(for: 1) else { return false }
    defer { busy.subtract(1, ordering: .relaxed) }
    guard busy.add(1, ordering: .relaxed).newValue <= capacity.load(ordering: .relaxed) else { return false }
    var helped = false
    while candidates != 0 {
      let index = candidates.trailingZeroBitCount
      candidates &= candidates - 1
      claiming: while isRoom(for: 0) {
        switch slots[index].runAsWorker(&memberships[index], home: number) {
        case .none: break claiming
        case .ran: helped = true
        case .ranLast:
          helped = true
          if slots[index].callerSleeps.load(ordering: .sequentiallyConsistent) { wakeCallers() }
        }
      }
    }
    return helped
  }

  private func isRoom(for more: Int) -> Bool {
    busy.load(ordering: .relaxed) + more <= capacity.load(ordering: .relaxed)
  }

  private func wakeCallers() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(loopDone)
    pthread_mutex_unlock(mutex)
  }

  // MARK: Waiting

  /// Spins for at most so many nanoseconds.
  ///
  /// - Returns: whether the condition came true.
  @inline(__always)
  private func spin(_ nanoseconds: Int, until condition: () -> Bool) -> Bool {
    if condition() { return true }
    let end = Self.now() + nanoseconds
    repeat {
      for _ in 0..<32 {
        aviary_pause()
        if condition() { return true }
      }
    } while Self.now() < end
    return false
  }

  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
  }
}
