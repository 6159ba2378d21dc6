import AviaryCore
import CSIMD
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// The system's OpenBLAS, opened when it is first needed. Optional: where it is missing our own loops serve.
///
/// Debian's package does not know current processors and falls back to kernels of half their speed. The core
/// type is read from the environment when the library is loaded, so it is set for that moment, to what our own
/// kernels were chosen by, unless the user has set it; likewise the number of its threads, which is one:
/// callers cut the work themselves.
///
/// `AVIARY_OPENBLAS=off` leaves it alone; any other value is the library to open instead of
/// `libopenblas.so.0`.
package struct OpenBLAS: Sendable {
  /// Row-major C = A' B': order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc.
  private typealias Product = @convention(c) (
    Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>,
    Int32, Double, UnsafeMutablePointer<Double>, Int32
  ) -> Void

  /// Which kernels the library chose, in its own words: `Haswell`, `SkylakeX`.
  package let core: String
  private let dgemm: Product

  /// Why there is none, in a line.
  package struct Absence: Error, Sendable, Equatable {
    package let reason: String
  }

  /// Opened at first use; the same for the life of the process.
  package static let shared: Result<OpenBLAS, Absence> = open(
    wish: getenv("AVIARY_OPENBLAS").map { String(cString: $0) })

  /// - Parameter wish: what the environment variable `AVIARY_OPENBLAS` says.
  package static func open(wish: String?) -> Result<OpenBLAS, Absence> {
    guard wish != "off" else { return .failure(Absence(reason: "AVIARY_OPENBLAS=off")) }
    let name = wish.flatMap { $0.isEmpty ? nil : $0 } ?? "libopenblas.so.0"
    var settings = ["OPENBLAS_NUM_THREADS": "1"]
    if let type = coreType { settings["OPENBLAS_CORETYPE"] = type }
    // Local, so that its symbols replace nobody else's; never closed, because it may have started threads.
    let handle = withEnvironment(settings) { dlopen(name, RTLD_NOW | RTLD_LOCAL) }
    guard let handle else {
      let problem = dlerror().map { String(cString: $0) } ?? "\(name) cannot be opened"
      return .failure(Absence(reason: problem))
    }
    guard let dgemm = dlsym(handle, "cblas_dgemm") else {
      return .failure(Absence(reason: "\(name) has no cblas_dgemm"))
    }
    // A library that somebody loaded before us has the threads that they wanted.
    if let set = dlsym(handle, "openblas_set_num_threads") {
      unsafeBitCast(set, to: (@convention(c) (Int32) -> Void).self)(1)
    }
    var core = "unknown core"
    if let ask = dlsym(handle, "openblas_get_corename"),
      let text = unsafeBitCast(ask, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
    {
      core = String(cString: text)
    }
    return .success(OpenBLAS(core: core, dgemm: unsafeBitCast(dgemm, to: Product.self)))
  }

  /// C = A B in row-major order; `lda` and its like are elements between rows, at least the row's length.
  /// Transposed factors are stored as their transposes.
  func product(
    m: Int32, n: Int32, k: Int32, a: UnsafePointer<Double>, lda: Int32, transA: Bool,
    b: UnsafePointer<Double>, ldb: Int32, transB: Bool, c: UnsafeMutablePointer<Double>, ldc: Int32
  ) {
    let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
    dgemm(
      rowMajor, transA ? transposed : plain, transB ? transposed : plain, m, n, k, 1, a, lda, b, ldb, 0, c,
      ldc)
  }

  /// The library's name for the instruction set that our kernels use; `nil` leaves the choice to it.
  private static var coreType: String? {
    switch TileKernels.current.name {
    case "avx512", "avx512vnni": "SkylakeX"
    case "avx2": "Haswell"
    default: nil
    }
  }

  /// Sets variables that are not set yet, calls `body`, and takes them away again.
  ///
  /// Changing the environment is not safe while other threads read it; a library has no other way to tell
  /// OpenBLAS, it happens once in a process, and only where double-precision products are computed.
  private static func withEnvironment<T>(_ settings: [String: String], _ body: () -> T) -> T {
    let added = settings.filter { getenv($0.key) == nil }
    for (name, value) in added { setenv(name, value, 0) }
    defer { for name in added.keys { unsetenv(name) } }
    return body()
  }
}
