import AviaryCore
import CSIMD
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Threads that share the chunks of parallel loops.
///
/// Chunks are claimed one by one from an atomic counter, by the caller too, and a loop is complete when its
/// *chunks* are, so a worker that the system does not schedule delays nobody. Idle workers spin briefly, then
/// sleep. Several threads may start loops at once; a loop started inside a chunk runs on the thread that
/// starts it. The chunks of a loop depend on its count and grain alone.
public final class ThreadPool: Parallel {
  public let threads: Int
  private let core = Core()

  /// - Parameter threads: how many may work at once, the caller included; at least 1. Where the system
  ///   refuses a thread the pool does with fewer.
  public init(threads: Int) {
    self.threads = max(1, min(threads, 1024))
    for _ in 1..<self.threads { core.startWorker() }
  }

  deinit { core.stop() }

  /// A pool of that many threads, made once and shared by everybody who asks for this number.
  ///
  /// - Parameter threads: `nil` means the processors this process may use.
  public static func shared(threads: Int? = nil) -> ThreadPool {
    let count = max(1, min(threads ?? availableProcessors, 1024))
    return sharedPools.withLock { pools in
      if let pool = pools[count] { return pool }
      let pool = ThreadPool(threads: count)
      pools[count] = pool
      return pool
    }
  }

  /// Processors that this process may run on.
  public static let availableProcessors = Int(aviary_available_processors())

  private static let sharedPools = Mutex<[Int: ThreadPool]>([:])

  /// Most chunks of a loop: enough to even out differences, few enough to claim cheaply.
  private static let maxChunks = 64

  public func forEach(_ count: Int, grain: Int, worker body: (Range<Int>, Int) -> Void) {
    guard count > 0 else { return }
    let (whole, rest) = count.quotientAndRemainder(dividingBy: Self.maxChunks)
    let chunk = max(1, grain, rest == 0 ? whole : whole + 1)
    if chunk >= count { return body(0..<count, 0) }
    if threads == 1 || aviary_in_parallel() != 0 {
      for start in stride(from: 0, to: count, by: chunk) { body(start..<start + min(chunk, count - start), 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { body in
        let loop = Loop(count: count, chunk: chunk, body: body)
        core.publish(loop)
        loop.work(as: 0)
        core.finish(loop)
      }
    }
  }
}

/// One parallel loop.
///
/// Why `@unchecked Sendable` holds: `body` is read only with a claimed chunk, and `ThreadPool.forEach` does
/// not return (so `body` stays valid) before every claimed chunk is finished; the rest is atomic. A worker
/// that comes late finds no chunk left and touches nothing but `next`.
private final class Loop: @unchecked Sendable {
  let count: Int
  let chunk: Int
  let chunks: Int
  private let body: UnsafePointer<(Range<Int>, Int) -> Void>
  private let next = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  /// Whether the caller sleeps until the last chunk is finished.
  let callerSleeps = Atomic<Bool>(false)

  init(count: Int, chunk: Int, body: UnsafePointer<(Range<Int>, Int) -> Void>) {
    self.count = count
    self.chunk = chunk
    self.chunks = (count - 1) / chunk + 1
    self.body = body
  }

  var hasWork: Bool { next.load(ordering: .relaxed) < chunks }
  var isComplete: Bool { finished.load(ordering: .sequentiallyConsistent) == chunks }

  /// Works until no chunk is left to claim; true where this thread finished the last one.
  @discardableResult func work(as worker: Int) -> Bool {
    var last = false
    let before = aviary_in_parallel()
    aviary_set_in_parallel(1)
    while hasWork {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < chunks else { break }
      run(index, worker)
      last = finished.add(1, ordering: .sequentiallyConsistent).newValue == chunks
    }
    aviary_set_in_parallel(before)
    return last
  }

  /// A call of its own, so that no reference to the closure's context outlives the count of the chunk.
  @inline(never) private func run(_ index: Int, _ worker: Int) {
    let start = index * chunk
    body.pointee(start..<start + min(chunk, count - start), worker)
  }
}

/// What the workers of a pool share; lives until the last of them is gone.
///
/// Why `@unchecked Sendable` holds: `loops`, `sleepers` and `stopped` are only touched under `mutex`.
private final class Core: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let workArrived: UnsafeMutablePointer<pthread_cond_t>
  private let loopDone: UnsafeMutablePointer<pthread_cond_t>
  private var loops: [Loop] = []
  private var sleepers = 0
  private var stopped = false
  /// Counts published loops, so that spinning workers need no lock.
  private let generation = Atomic<Int>(0)

  /// The last number given to a worker; the caller of a loop is worker 0.
  private let workerNumbers = Atomic<Int>(0)

  /// Rounds of waiting before sleep: some tens of microseconds.
  private static let spins = 2000

  init() {
    mutex = .allocate(capacity: 1)
    workArrived = .allocate(capacity: 1)
    loopDone = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workArrived, nil)
    pthread_cond_init(loopDone, nil)
  }

  deinit {
    pthread_cond_destroy(loopDone)
    pthread_cond_destroy(workArrived)
    pthread_mutex_destroy(mutex)
    loopDone.deallocate()
    workArrived.deallocate()
    mutex.deallocate()
  }

  func startWorker() {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Core>.fromOpaque(argument).takeRetainedValue().runWorker() }
        return nil
      }, box.toOpaque())
    if status == 0 { pthread_detach(thread) } else { box.release() }
  }

  func stop() {
    pthread_mutex_lock(mutex)
    stopped = true
    generation.add(1, ordering: .releasing)
    pthread_cond_broadcast(workArrived)
    pthread_mutex_unlock(mutex)
  }

  func publish(_ loop: Loop) {
    pthread_mutex_lock(mutex)
    loops.append(loop)
    generation.add(1, ordering: .releasing)
    if sleepers > 0 { pthread_cond_broadcast(workArrived) }
    pthread_mutex_unlock(mutex)
  }

  /// Waits for the chunks that others have claimed, then forgets the loop.
  func finish(_ loop: Loop) {
    var rounds = 0
    while !loop.isComplete && rounds < Self.spins {
      aviary_pause()
      rounds += 1
    }
    pthread_mutex_lock(mutex)
    if !loop.isComplete {
      // A worker looks at the flag after it has counted its chunk, this thread counts after raising it:
      // one of the two sees the other.
      loop.callerSleeps.store(true, ordering: .sequentiallyConsistent)
      while !loop.isComplete { pthread_cond_wait(loopDone, mutex) }
    }
    loops.removeAll { $0 === loop }
    pthread_mutex_unlock(mutex)
  }

  private func runWorker() {
    let worker = workerNumbers.add(1, ordering: .relaxed).newValue
    var seen = 0
    while true {
      var rounds = 0
      while generation.load(ordering: .acquiring) == seen && rounds < Self.spins {
        aviary_pause()
        rounds += 1
      }
      pthread_mutex_lock(mutex)
      while !stopped && generation.load(ordering: .relaxed) == seen {
        sleepers += 1
        pthread_cond_wait(workArrived, mutex)
        sleepers -= 1
      }
      if stopped {
        pthread_mutex_unlock(mutex)
        return
      }
      seen = generation.load(ordering: .relaxed)
      while let loop = loops.first(where: \.hasWork) {
        pthread_mutex_unlock(mutex)
        if loop.work(as: worker), loop.callerSleeps.load(ordering: .sequentiallyConsistent) {
          pthread_mutex_lock(mutex)
          pthread_cond_broadcast(loopDone)
          pthread_mutex_unlock(mutex)
        }
        pthread_mutex_lock(mutex)
      }
      pthread_mutex_unlock(mutex)
    }
  }
}
