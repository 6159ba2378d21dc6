import AviaryCore
import Foundation

/// A standard stream without a buffer, which remembers that something could not be written.
///
/// `print` does not say so, and `FileHandle.write` ends the process with a stack trace.
final class StandardStream: Sendable {
  private let descriptor: Int32
  /// The system's number of the first failure.
  private let failure = Guarded<Int32?>(nil)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Why not everything arrived; `nil` where it did, or where the reader went away.
  var problem: String? {
    // What was printed past this class, by a plugin for instance, may still wait in the C library.
    let isFlushed = fflush(nil) == 0
    let code = errno
    return failure.withLock { failure in
      if !isFlushed, failure == nil { failure = code }
      return failure.flatMap { $0 == EPIPE ? nil : String(cString: strerror($0)) }
    }
  }

  /// After a failure nothing more is written: output with a hole in it looks whole.
  func write(_ data: Data) {
    failure.withLock { failure in
      guard failure == nil else { return }
      failure = data.withUnsafeBytes { writeAll($0) }
    }
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = writeSome(descriptor, UnsafeRawBufferPointer(rebasing: rest))
      if written >= 0 {
        rest = rest.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Somebody made the other end of a pipe non-blocking.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
      case let code: return code
      }
    }
    return nil
  }
}

/// The system's `write`, whose name the method above hides.
private func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}
