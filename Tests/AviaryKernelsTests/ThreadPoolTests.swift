import AviaryCore
import AviaryKernels
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  /// Writes from chunks go to disjoint memory, as `Parallel` demands.
  static func visits(_ pool: ThreadPool, count: Int, grain: Int) -> [Int] {
    var visits = [Int](repeating: 0, count: count)
    visits.withUnsafeMutableBufferPointer { visits in
      pool.forEach(count, grain: grain) { range in for i in range { visits[i] += 1 } }
    }
    return visits
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 63, 64, 65, 1000, 4097])
  func everyIterationOnce(threads: Int, count: Int) {
    let pool = ThreadPool(threads: threads)
    for grain in [1, 7, 5000] {
      #expect(Self.visits(pool, count: count, grain: grain).allSatisfy { $0 == 1 })
    }
  }

  @Test func chunksDependOnCountAndGrainAlone() {
    func chunks(_ threads: Int, _ count: Int, _ grain: Int) -> Set<Range<Int>> {
      let seen = Guarded<Set<Range<Int>>>([])
      ThreadPool(threads: threads).forEach(count, grain: grain) { range in
        _ = seen.withLock { $0.insert(range) }
      }
      return seen.withLock { $0 }
    }
    for (count, grain) in [(1000, 1), (1000, 100), (130, 3), (7, 1)] {
      let one = chunks(1, count, grain)
      #expect(one == chunks(4, count, grain))
      let largest = one.map(\.upperBound).max()
      #expect(one.allSatisfy { $0.count >= grain || $0.upperBound == largest })
    }
  }

  @Test func nestedLoopsRunOnTheSameThread() {
    let pool = ThreadPool(threads: 3)
    let total = Atomic<Int>(0)
    pool.forEach(20, grain: 1) { outer in
      for _ in outer {
        pool.forEach(100, grain: 1) { inner in total.add(inner.count, ordering: .relaxed) }
      }
    }
    #expect(total.load(ordering: .relaxed) == 2000)
  }

  @Test func manyCallersAtOnce() async {
    let pool = ThreadPool.shared(threads: 3)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { round in
            Self.visits(pool, count: 50 + round, grain: 1).allSatisfy { $0 == 1 }
          }
        }
      }
      for await fine in group { #expect(fine) }
    }
  }

  /// No number twice at the same time, and none beyond the pool's threads.
  @Test(arguments: [1, 2, 4])
  func workerNumbersAreUnique(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for round in 0..<300 {
      let inUse = Atomic<UInt64>(0)
      let failures = Atomic<Int>(0)
      pool.forEach(200 + round, grain: 1) { range, worker in
        guard worker >= 0, worker < threads else {
          failures.add(1, ordering: .relaxed)
          return
        }
        let bit: UInt64 = 1 << UInt64(worker)
        if inUse.bitwiseOr(bit, ordering: .relaxed).oldValue & bit != 0 { failures.add(1, ordering: .relaxed) }
        for _ in range { _ = inUse.load(ordering: .relaxed) }
        inUse.bitwiseAnd(~bit, ordering: .relaxed)
      }
      #expect(failures.load(ordering: .relaxed) == 0)
    }
  }

  /// Many short loops one after the other: a late worker must not stray into the next one.
  @Test(arguments: [2, 4])
  func loopsInQuickSuccession(threads: Int) {
    let pool = ThreadPool(threads: threads)
    var sums = [Int](repeating: 0, count: 64)
    for round in 0..<20_000 {
      sums.withUnsafeMutableBufferPointer { sums in
        pool.forEach(2 + round % 63, grain: 1) { range in for i in range { sums[i] += 1 } }
      }
    }
    let expected = (0..<64).map { index in (0..<20_000).count { 2 + $0 % 63 > index } }
    #expect(sums == expected)
  }

  @Test(arguments: [(Int.max, Int.max), (Int.max, Int.max / 2), (Int.max - 1, 1)])
  func hugeCounts(count: Int, grain: Int) {
    let total = Atomic<Int>(0)
    let calls = Atomic<Int>(0)
    ThreadPool(threads: 2).forEach(count, grain: grain) { range in
      total.add(range.count, ordering: .relaxed)
      calls.add(1, ordering: .relaxed)
    }
    #expect(total.load(ordering: .relaxed) == count)
    #expect(calls.load(ordering: .relaxed) <= 64)
  }

  /// Inner loops run on the thread that starts them, as worker 0 of their own.
  @Test func nestedLoopsAreSerial() {
    let pool = ThreadPool(threads: 4)
    let wrong = Atomic<Int>(0)
    pool.forEach(64, grain: 1) { _, _ in
      var next = 0
      pool.forEach(100, grain: 3) { range, worker in
        if worker != 0 || range.lowerBound != next { wrong.add(1, ordering: .relaxed) }
        next = range.upperBound
      }
      if next != 100 { wrong.add(1, ordering: .relaxed) }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  /// Loops of several callers, more than there are slots for, each with its own limit.
  @Test func manyThreadsWithDifferentLimits() async {
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<100 {
        group.addTask {
          let pool = ThreadPool.shared(threads: 1 + caller % 4)
          return (0..<20).allSatisfy { round in
            Self.visits(pool, count: 1 + 37 * round, grain: 1 + caller % 3).allSatisfy { $0 == 1 }
          }
        }
      }
      for await fine in group { #expect(fine) }
    }
  }

  @Test func sharedPoolsAreTheSame() {
    #expect(ThreadPool.shared(threads: 2) === ThreadPool.shared(threads: 2))
    #expect(ThreadPool.shared().threads == ThreadPool.availableProcessors)
    #expect(ThreadPool(threads: -5).threads == 1)
  }
}
