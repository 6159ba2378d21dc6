/// The body of a loop as two words that other threads can call while the loop runs.
///
/// A parameter that does not escape cannot be stored, and `withoutActuallyEscaping` pays for lifting that with
/// an allocation per loop. A closure is passed as two words, its code and its context, and neither is
/// counted where it does not escape; so a function that takes two words can stand in for one that takes such
/// a closure, and the other way round. Only the parameter's type is reinterpreted, never a stored closure.
/// It holds on every platform whose calling convention passes a pair of words like a closure, which is how
/// Swift defines both; tests that run loops would crash at once where it did not.
struct BorrowedBody {
  private struct Words {
    let code: UInt
    let context: UInt
  }

  private let words: Words

  /// Calls `use` with the body, which must not be called after `use` returns.
  @inline(__always)
  static func with(_ body: (Range<Int>, Int) -> Void, _ use: (BorrowedBody) -> Void) {
    struct TakingWords { let call: (Words, (BorrowedBody) -> Void) -> Void }
    struct TakingBody { let call: ((Range<Int>, Int) -> Void, (BorrowedBody) -> Void) -> Void }
    let function = TakingWords { words, use in use(BorrowedBody(words: words)) }
    unsafeBitCast(function, to: TakingBody.self).call(body, use)
  }

  @inline(__always)
  func callAsFunction(_ range: Range<Int>, _ worker: Int) {
    struct TakingWords { let call: (Words, Range<Int>, Int) -> Void }
    struct TakingBody { let call: ((Range<Int>, Int) -> Void, Range<Int>, Int) -> Void }
    let function = TakingBody { body, range, worker in body(range, worker) }
    unsafeBitCast(function, to: TakingWords.self).call(words, range, worker)
  }
}
