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
      let seen = Mutex<Set<Range<Int>>>([])
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

  @Test func sharedPoolsAreTheSame() {
    #expect(ThreadPool.shared(threads: 2) === ThreadPool.shared(threads: 2))
    #expect(ThreadPool.shared().threads == ThreadPool.availableProcessors)
    #expect(ThreadPool(threads: -5).threads == 1)
  }
}
