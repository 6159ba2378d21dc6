import Aviary
import AviaryFetch
import Foundation

/// What `zoo add` was given: a file, a folder, or an address whose file is fetched first.
struct AddSource {
  let path: String
  /// For an id: the file's or the folder's name.
  let name: String
  let folder: HuggingFaceFolder?
  let manifest: ModelManifest?
  let address: String?
  private let fetched: DownloadedFile?

  static func isAddress(_ text: String) -> Bool { text.contains("://") || text.hasPrefix("file:") }

  /// - Parameter sha256: 64 lower-case hexadecimal digits.
  /// - Throws: `ZooError`.
  init(_ text: String, sha256: String?) throws {
    if Self.isAddress(text) {
      let bar = ProgressBar("fetching")
      let file = try Downloader(transports: HTTPTransport.transports).download(
        text, expecting: .init(sha256: sha256)
      ) { done, total in bar.update(done, of: total ?? 0) }
      (fetched, path) = (file, file.path)
      let last = URL(string: text)?.deletingPathExtension().lastPathComponent ?? ""
      name = last == "model" ? URL(string: text)?.deletingLastPathComponent().lastPathComponent ?? last : last
      (folder, manifest, address) = (nil, nil, text)
      return
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: text, isDirectory: &isFolder) else {
      throw ZooError.file(path: text, problem: "there is no such file or folder")
    }
    (address, fetched) = (nil, nil)
    let url = URL(fileURLWithPath: text)
    if isFolder.boolValue {
      let found = try HuggingFaceFolder(text)
      (folder, path, name) = (found, found.modelPath, url.standardizedFileURL.lastPathComponent)
    } else {
      folder = nil
      path = text
      name = url.deletingPathExtension().lastPathComponent
    }
    manifest = try ModelReference(path).manifest
    if let sha256, try FileDigest(contentsOf: path).sha256 != sha256 {
      throw ZooError.file(path: path, problem: "does not have the sha256 \(sha256)")
    }
  }

  /// Works on the file; errors name what the user gave, not where a download waits.
  func inItsName(_ body: () throws -> Void) throws {
    do { try body() } catch {
      guard let address, ExitStatus(error) != .usage else { throw error }
      throw FetchedModelError(error, path: path, address: address)
    }
  }

  /// Removes what was fetched.
  func discard() { fetched?.discard() }
}
