import AviaryImage
import Foundation

/// The picture files below a folder or in a tar archive, by relative path.
public struct FileTree: Sendable {
  public struct Entry: Sendable {
    /// Parts between slashes, relative to the tree's root; the last is the file's name.
    public let parts: [String]
    public let content: any SampleContent

    public var path: String { parts.joined(separator: "/") }
    public var name: String { parts.last ?? "" }
  }

  /// Where the tree lies, for messages.
  public let path: String
  /// Sorted by the bytes of the path.
  public let entries: [Entry]
  /// Folders right below the root, the empty ones too (of an archive, those with files).
  public let folders: [String]

  /// Files that are listed: those that can be decoded, and those that someone may take for pictures, so that
  /// decoding says what is wrong with them.
  private static let extensions = ImageFormat.fileExtensions.union([
    "bmp", "gif", "webp", "tif", "tiff", "avif", "heic", "jp2", "pgm", "ppm",
  ])
  private static let maxDepth = 16

  /// The files below `folder`, links followed, hidden ones left out.
  ///
  /// - Throws: `DatasetError.file` where a folder cannot be read or lies deeper than 16 levels.
  public init(folder: String, maxEntries: Int = DatasetOptions().maxEntries) throws(DatasetError) {
    var found: [Entry] = []
    var top: [String] = []
    var pending: [[String]] = [[]]
    while let parts = pending.popLast() {
      let place = ([folder] + parts).joined(separator: "/")
      guard parts.count <= Self.maxDepth else {
        throw .file(path: place, problem: "lies more than \(Self.maxDepth) folders deep; is a link circular?")
      }
      for entry in try Self.list(place) {
        let parts = parts + [entry.name]
        if entry.isFolder {
          if parts.count == 1 { top.append(entry.name) }
          pending.append(parts)
        } else if Self.isPicture(entry.name) {
          found.append(Entry(parts: parts, content: FileContent(path: "\(place)/\(entry.name)")))
        }
        guard found.count + pending.count <= maxEntries else {
          throw .file(path: folder, problem: "has more than \(maxEntries) files")
        }
      }
    }
    self.init(path: folder, entries: found, folders: top)
  }

  /// The files in a tar archive, read where they lie.
  ///
  /// - Throws: `DatasetError.file` where it is not a whole archive.
  public init(tar: String, maxEntries: Int = DatasetOptions().maxEntries) throws(DatasetError) {
    let archive = try TarArchive(tar, maxMembers: maxEntries)
    let entries = archive.members.compactMap { member -> Entry? in
      let parts = member.name.split(separator: "/").map(String.init).filter { $0 != "." }
      guard let name = parts.last, Self.isPicture(name), !parts.contains(where: { $0.hasPrefix(".") }) else {
        return nil
      }
      let content = ArchiveContent(
        archive: archive.file, name: member.name, offset: member.offset, count: member.count)
      return Entry(parts: parts, content: content)
    }
    let folders = Set(entries.filter { $0.parts.count > 1 }.map { $0.parts[0] })
    self.init(path: tar, entries: entries, folders: Array(folders))
  }

  private init(path: String, entries: [Entry], folders: [String]) {
    self.path = path
    let keyed = entries.map { (key: Array($0.path.utf8), entry: $0) }
    self.entries = keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.entry)
    self.folders = folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The tree below `folder` of this one.
  public func descending(into folder: String) -> FileTree {
    let below = entries.filter { $0.parts.count > 1 && $0.parts[0] == folder }
      .map { Entry(parts: Array($0.parts.dropFirst()), content: $0.content) }
    let folders = Set(below.filter { $0.parts.count > 1 }.map { $0.parts[0] })
    return FileTree(path: "\(path)/\(folder)", entries: below, folders: Array(folders))
  }

  private static func isPicture(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// What lies right in `folder`, hidden entries left out.
  static func list(_ folder: String) throws(DatasetError) -> [(name: String, isFolder: Bool)] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .file(
        path: folder, problem: "is not a folder that can be read; check the path and its permissions")
    }
    return names.filter { !$0.hasPrefix(".") && $0 != "__MACOSX" }.map { name in
      (name, isFolder("\(folder)/\(name)"))
    }
  }

  /// Whether there is a folder at `path`, links followed.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is a regular file at `path`, links followed.
  public static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
