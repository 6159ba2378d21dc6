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
}

/// One thread: the loop as it stands.
public struct Serial: Parallel {
  public init() {}
  public var threads: Int { 1 }
  public func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    if count > 0 { body(0..<count) }
  }
}
