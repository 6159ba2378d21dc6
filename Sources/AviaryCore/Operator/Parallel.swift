/// Something that runs the chunks of a loop on several threads; the caller works too.
public protocol Parallel: Sendable {
  /// Threads that may work at once, the caller included.
  var threads: Int { get }

  /// Calls `body` for consecutive ranges that together cover `0 ..< count`, each of at least `grain`
  /// iterations (but the last), possibly at once on several threads; returns when all are done. Ranges
  /// depend on `count` and `grain` alone where results could depend on them, never on timing.
  ///
  /// `body` is not `@Sendable` so that it may write through pointers it captures; iterations must write
  /// disjoint memory.
  func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void)

  /// The same, telling `body` which worker runs it: a number in `0 ..< threads` that no other thread has
  /// at the same time within this loop, so that each worker can have scratch memory of its own.
  func forEach(_ count: Int, grain: Int, worker body: (Range<Int>, Int) -> Void)
}

extension Parallel {
  public func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    forEach(count, grain: grain) { range, _ in body(range) }
  }
}

/// One thread: the loop as it stands.
public struct Serial: Parallel {
  public init() {}
  public var threads: Int { 1 }
  public func forEach(_ count: Int, grain: Int, worker body: (Range<Int>, Int) -> Void) {
    if count > 0 { body(0..<count, 0) }
  }
}
