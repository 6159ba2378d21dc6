import AviaryCore

#if canImport(Glibc)
  import Glibc
#endif

/// The folder of a model file: the only place external data may lie in.
///
/// A location is opened one component at a time, each relative to the folder before, and no component may
/// be a symbolic link: no path that someone swaps in between can lead outside. What the last component is
/// gets looked at before it is opened for reading. A file with more than one hard link is refused as well:
/// an unpacked archive can hold a second name for a file that lies outside.
final class ModelFolder {
  private let path: String
  private var opened: [String: ByteSource] = [:]

  init(of modelPath: String) {
    guard let slash = modelPath.lastIndex(of: "/") else {
      path = "."
      return
    }
    path = slash == modelPath.startIndex ? "/" : String(modelPath[..<slash])
  }

  /// The mapped file at a location; each is mapped once.
  ///
  /// - Throws: `ImportError` (`externalData`) that says what is wrong with the location or the file.
  func source(at location: String) throws(ImportError) -> ByteSource {
    let components = try Self.components(of: location)
    let key = components.joined(separator: "/")
    if let known = opened[key] { return known }
    let descriptor = try open(components, location)
    let name = path == "/" ? "/\(key)" : "\(path)/\(key)"
    let source = try ByteSource(descriptor: descriptor, name: name)
    opened[key] = source
    return source
  }

  /// Checks a location as text.
  static func components(of location: String) throws(ImportError) -> [String] {
    func refuse(_ why: String) -> ImportError {
      ImportError(.externalData, "external data location '\(location)' \(why)")
    }
    guard !location.isEmpty else { throw refuse("is empty") }
    guard !location.utf8.contains(0) else { throw refuse("contains a NUL byte") }
    guard !location.utf8.contains(UInt8(ascii: "\\")) else {
      throw refuse("contains a backslash; components are separated by '/'")
    }
    guard !location.hasPrefix("/") else {
      throw refuse("is an absolute path; it must lie in the model's folder")
    }
    let components = location.split(separator: "/").map(String.init).filter { $0 != "." }
    guard !components.contains("..") else {
      throw refuse("contains '..'; it must lie in the model's folder")
    }
    guard !components.isEmpty, !location.hasSuffix("/"), !location.hasSuffix("/.") else {
      throw refuse("names a folder, not a file")
    }
    return components
  }

  private func open(_ components: [String], _ location: String) throws(ImportError) -> Int32 {
    func refuse(_ why: String) -> ImportError {
      ImportError(.externalData, "external data '\(location)' \(why)")
    }
    var folder = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw refuse("cannot be reached: \(path): \(errorText())") }
    defer { close(folder) }
    for component in components.dropLast() {
      let kind = status(of: component, in: folder).map { $0.st_mode & S_IFMT }
      guard kind != S_IFLNK else {
        throw refuse("is reached through the symbolic link '\(component)', which is not followed")
      }
      guard kind == S_IFDIR else { throw refuse("is missing: there is no folder '\(component)'") }
      let next = openat(folder, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw refuse("cannot be reached: \(component): \(errorText())") }
      close(folder)
      folder = next
    }
    let file = components[components.count - 1]
    guard let before = status(of: file, in: folder) else {
      throw refuse(errno == ENOENT ? "is missing" : "cannot be examined: \(errorText())")
    }
    guard before.st_mode & S_IFMT != S_IFLNK else {
      throw refuse("is a symbolic link, which is not followed")
    }
    guard before.st_mode & S_IFMT == S_IFREG else { throw refuse("is not a regular file") }
    guard before.st_nlink <= 1 else {
      throw refuse(
        "has \(before.st_nlink) hard links and may be a file from outside the model's folder; copy it")
    }
    let descriptor = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw refuse("cannot be opened: \(errorText())") }
    var after = stat()
    guard fstat(descriptor, &after) == 0, after.st_ino == before.st_ino, after.st_dev == before.st_dev
    else {
      close(descriptor)
      throw refuse("was exchanged while it was being opened")
    }
    return descriptor
  }

  /// What an entry of a folder is, without opening or following it.
  private func status(of name: String, in folder: Int32) -> stat? {
    var status = stat()
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }
}
