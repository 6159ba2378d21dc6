#if canImport(Glibc)
  import Glibc
#endif

/// A block of bytes that tensors share: owned memory, a mapped file, a run's arena.
///
/// Why `@unchecked Sendable` holds: the bytes are written only by whoever produced the buffer, before the
/// first `Tensor` over them is handed on; from then on they are read only.
public final class TensorBuffer: @unchecked Sendable {
  /// Owned blocks begin on a cache line, which is also the widest vector register.
  public static let alignment = 64
  /// From this size on a block begins on a huge page and asks the system for such: touching fresh memory for
  /// the first time costs more by small pages than writing it does.
  public static let hugePage = 2 << 20

  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  /// Keeps a borrowed block alive (a file mapping, for example); `nil` where the buffer owns its bytes.
  private let owner: AnyObject?
  /// Whether the bytes are those of a mapped file that is only read.
  private let isFile: Bool

  /// Allocates uninitialised bytes, aligned to `alignment`.
  ///
  /// - Parameter wantsHugePages: whether a large block asks for huge pages at once (or later, `joinPages`).
  /// - Throws: `TensorError.outOfMemory`.
  public init(byteCount: Int, wantsHugePages: Bool = true) throws(TensorError) {
    let isLarge = byteCount >= Self.hugePage
    if let block = Self.spare.take(byteCount) {
      self.base = block
      self.byteCount = byteCount
      self.owner = nil
      isFile = false
      return
    }
    var pointer: UnsafeMutableRawPointer?
    guard byteCount >= 0,
      posix_memalign(&pointer, isLarge ? Self.hugePage : Self.alignment, max(byteCount, Self.alignment)) == 0,
      let pointer
    else { throw .outOfMemory(bytes: byteCount) }
    #if os(Linux)
      // Whole huge pages only: the rest of a block would make resident what nobody asked for. Advice that is
      // not taken does no harm.
      if isLarge, wantsHugePages { madvise(pointer, byteCount & ~(Self.hugePage - 1), MADV_HUGEPAGE) }
    #endif
    self.base = pointer
    self.byteCount = byteCount
    self.owner = nil
    isFile = false
  }

  /// Borrows bytes that `owner` keeps alive and nobody writes.
  ///
  /// - Parameter isFile: whether they are a mapping of a file, whose pages can be let go and come back.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject, isFile: Bool = false) {
    self.isFile = isFile
    // An empty buffer may have no address; any aligned non-null one will do.
    self.base = UnsafeMutableRawPointer(
      mutating: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: Self.alignment).unsafelyUnwrapped)
    self.byteCount = bytes.count
    self.owner = owner
  }

  /// Whether the bytes belong to someone else: a mapped file or an arena.
  public var isBorrowed: Bool { owner != nil }

  /// Tells the system that a range of a mapped file is not needed for now: its pages count no longer as this
  /// process's memory, and are read again if somebody asks. Does nothing for other memory.
  package func releasePages(_ range: Range<Int>) {
    #if os(Linux)
      guard isFile, range.lowerBound >= 0, range.upperBound <= byteCount else { return }
      // Whole pages inside the range only: neighbours may be in use.
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      guard page > 0 else { return }
      let start = (Int(bitPattern: base) + range.lowerBound + page - 1) / page * page
      let end = (Int(bitPattern: base) + range.upperBound) / page * page
      guard start < end, let address = UnsafeMutableRawPointer(bitPattern: start) else { return }
      madvise(address, end - start, MADV_DONTNEED)
    #endif
  }

  /// Asks the system to join the pages of an owned block into huge ones, now; their content stays. What the
  /// system cannot do at once it may do some time.
  package func joinPages() {
    #if os(Linux)
      guard owner == nil, byteCount >= Self.hugePage else { return }
      let whole = byteCount & ~(Self.hugePage - 1)
      // MADV_COLLAPSE, since Linux 6.1.
      for start in stride(from: 0, to: whole, by: Self.hugePage) where madvise(base + start, Self.hugePage, 25) != 0 {
        madvise(base, whole, MADV_HUGEPAGE)
        return
      }
    #endif
  }

  deinit {
    if owner == nil, !Self.spare.keep(base, byteCount) { free(base) }
  }

  /// Blocks that were let go, for the next tensor of their size: the pages of a fresh block cost more than what
  /// most operators write into it.
  private static let spare = SpareBlocks()
}

/// A few blocks of memory that nobody uses, by their size.
private final class SpareBlocks: Sendable {
  /// A smaller block comes from the heap's own free lists.
  private static let smallest = 128 << 10
  /// Together and singly.
  private static let most = 64 << 20
  private static let largest = 16 << 20

  private struct State {
    // Addresses: a pointer is not sendable.
    var blocks: [(base: UInt, byteCount: Int)] = []
    var bytes = 0
  }
  private let state = Guarded(State())

  func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= Self.smallest, byteCount <= Self.largest else { return nil }
    let address = state.withLock { state -> UInt in
      guard let index = state.blocks.lastIndex(where: { $0.byteCount == byteCount }) else { return 0 }
      state.bytes -= byteCount
      return state.blocks.remove(at: index).base
    }
    return UnsafeMutableRawPointer(bitPattern: address)
  }

  /// - Returns: whether the block stays; otherwise the caller frees it. The oldest make room.
  func keep(_ base: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    guard byteCount >= Self.smallest, byteCount <= Self.largest else { return false }
    let old = state.withLock { state -> [UInt] in
      var old: [UInt] = []
      state.blocks.append((UInt(bitPattern: base), byteCount))
      state.bytes += byteCount
      while state.bytes > Self.most || state.blocks.count > 32, let first = state.blocks.first {
        state.bytes -= first.byteCount
        old.append(first.base)
        state.blocks.removeFirst()
      }
      return old
    }
    for block in old { free(UnsafeMutableRawPointer(bitPattern: block)) }
    return true
  }
}
