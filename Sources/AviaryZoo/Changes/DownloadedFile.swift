/// A file that arrived whole. It waits beside the user's other caches until it is discarded: who cannot use it
/// yet leaves it there, and the next download of the address finds it. Nobody else touches it as long as this
/// object lives.
public final class DownloadedFile {
  public var path: String { file.path }
  private let file: PartFile

  init(_ file: PartFile) { self.file = file }

  /// Removes the file once it has its place elsewhere.
  public func discard() { file.remove() }
}
