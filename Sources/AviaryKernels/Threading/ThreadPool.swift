import AviaryCore
import CSIMD

/// A number of threads that a loop may use, out of those that the whole process shares.
///
/// The chunks of a loop depend on its count and grain alone. They are claimed one by one, by the caller too,
/// and a loop is complete when its *chunks* are, so a worker that the system does not schedule delays nobody.
/// A loop started inside a chunk runs on the thread that starts it. Starting a loop allocates nothing.
///
/// All pools draw on one crew of workers (`Crew`): sessions with different limits, and runs at the same time,
/// together keep about as many threads busy as there are processors.
public final class ThreadPool: Parallel {
  /// Most threads that one loop uses, the caller included.
  public let threads: Int
  private let crew: Crew

  /// - Parameter threads: how many may work at once, the caller included; at least 1. Where the system
  ///   refuses a thread loops do with fewer.
  public init(threads: Int) {
    self.threads = max(1, min(threads, Crew.mostThreads))
    crew = .shared
    crew.hire(workers: self.threads - 1)
  }

  /// A pool of that many threads, made once and shared by everybody who asks for this number.
  ///
  /// - Parameter threads: `nil` means the processors this process may use.
  public static func shared(threads: Int? = nil) -> ThreadPool {
    let count = max(1, min(threads ?? availableProcessors, Crew.mostThreads))
    return sharedPools.withLock { pools in
      if let pool = pools[count] { return pool }
      let pool = ThreadPool(threads: count)
      pools[count] = pool
      return pool
    }
  }

  /// Processors that this process may run on.
  public static let availableProcessors = Int(aviary_available_processors())

  private static let sharedPools = Guarded<[Int: ThreadPool]>([:])

  public func forEach(_ count: Int, grain: Int, worker body: (Range<Int>, Int) -> Void) {
    guard count > 0 else { return }
    let chunks = Chunks(count: count, grain: grain)
    if chunks.number == 1 { return body(0..<count, 0) }
    if threads == 1 || aviary_in_parallel() != 0 { return chunks.runSerially(body) }
    BorrowedBody.with(body) { borrowed in
      if !crew.run(chunks, threads: threads, borrowed) { chunks.runSerially(body) }
    }
  }
}

/// How a loop is cut: at most 64 ranges of equal length (but the last), each of at least `grain`.
struct Chunks {
  /// Enough to even out differences between threads, few enough to claim cheaply.
  static let most = 64

  let count: Int
  let length: Int
  let number: Int

  /// - Parameter count: at least 1.
  init(count: Int, grain: Int) {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: Self.most)
    self.count = count
    length = min(count, max(1, grain, rest == 0 ? whole : whole + 1))
    number = (count - 1) / length + 1
  }

  subscript(index: Int) -> Range<Int> {
    let start = index * length
    return start..<start + min(length, count - start)
  }

  func runSerially(_ body: (Range<Int>, Int) -> Void) {
    for index in 0..<number { body(self[index], 0) }
  }
}
