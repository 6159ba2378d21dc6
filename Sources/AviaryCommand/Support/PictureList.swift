import Aviary
import Foundation

/// The pictures behind the paths that a user gives: files, and what is in folders and the folders in them.
struct PictureList {
  let paths: [String]
  /// Whether a folder was among the paths.
  let isFolder: Bool

  /// More are refused: nobody asks for them by hand.
  private static let most = 1_000_000

  /// - Throws: `CommandError` for a folder without pictures.
  init(_ given: [String]) throws {
    var paths: [String] = []
    var isFolder = false
    for path in given {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
      else {
        paths.append(path)
        continue
      }
      isFolder = true
      let found = Self.pictures(in: path)
      guard !found.isEmpty else { throw CommandError("\(path): the folder has no JPEG or PNG files") }
      paths += found
    }
    guard paths.count <= Self.most else {
      throw CommandError("\(paths.count) pictures are more than \(Self.most)")
    }
    self.paths = paths
    self.isFolder = isFolder
  }

  /// Sorted; hidden files and folders are left out.
  private static func pictures(in folder: String) -> [String] {
    let files = FileManager.default.enumerator(
      at: URL(fileURLWithPath: folder), includingPropertiesForKeys: [.isRegularFileKey],
      options: [.skipsHiddenFiles])
    let base = URL(fileURLWithPath: folder).path
    let names = (files?.compactMap { $0 as? URL } ?? []).filter {
      ["png", "jpg", "jpeg", "webp"].contains($0.pathExtension.lowercased())
    }
    // As the user wrote the folder, not as the system resolves it.
    let start = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return names.map { url in
      url.path.hasPrefix(base + "/") ? "\(start)/\(url.path.dropFirst(base.count + 1))" : url.path
    }.sorted { $0.localizedStandardCompare($1) == .orderedAscending }
  }
}
