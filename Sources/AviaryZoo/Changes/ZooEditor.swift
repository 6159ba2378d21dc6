import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Changes to a zoo, each of which happens whole or not at all: new folders are made under a name that begins
/// with a dot, checked, and then renamed.
public struct ZooEditor: Sendable {
  public let zoo: ZooIndex

  public init(_ zoo: ZooIndex) { self.zoo = zoo }

  /// Makes a model's folder, or puts it in place of another model's, whose files all go.
  ///
  /// - Parameter fill: writes the files into the folder that it is given; the folder takes its place only
  ///   when that succeeds.
  /// - Throws: `ZooError.exists`, `.manifest` for an id that is no name, `.write`, and what `fill` throws.
  public func add(id: String, replacing: Bool = false, fill: (String) throws -> Void) throws {
    let target = "\(zoo.path)/\(id)"
    let exists = try check(id: id, replacing: replacing)
    let stage = try temporary("adding")
    do {
      try FileManager.default.createDirectory(atPath: stage, withIntermediateDirectories: false)
    } catch {
      throw ZooError.write(path: stage, problem: error.localizedDescription)
    }
    do {
      try fill(stage)
      try exists ? exchange(stage, target) : Self.move(stage, target)
    } catch {
      try? FileManager.default.removeItem(atPath: stage)
      throw error
    }
  }

  /// Whether a model of that id can be added.
  ///
  /// - Returns: whether it takes another one's place.
  /// - Throws: `ZooError.exists`, `.manifest` for an id that is no name.
  @discardableResult
  public func check(id: String, replacing: Bool) throws(ZooError) -> Bool {
    let target = "\(zoo.path)/\(id)"
    guard Self.isID(id) else {
      throw .manifest(
        path: target,
        problem: "'\(id)' is no id: lower-case letters, digits, '.', '_', '-', at most 64, "
          + "a letter or digit first")
    }
    let exists = FileManager.default.fileExists(atPath: target)
    // What is no model stays whatever was asked for: pictures, scripts.
    let isModel = FileManager.default.fileExists(atPath: "\(target)/\(ZooIndex.manifestName)")
    if exists, !(replacing && isModel) { throw .exists(id: id, zoo: zoo.path) }
    return exists
  }

  /// Takes a model out of the zoo, files and all.
  ///
  /// - Throws: `ZooError.notFound`, `.write`.
  public func remove(_ id: String) throws(ZooError) {
    let folder = try zoo.entry(id).folder
    let away = try temporary("removed")
    // Renamed first: a folder that is half deleted is never seen as a model.
    try Self.move(folder, away)
    do {
      try FileManager.default.removeItem(atPath: away)
    } catch {
      throw .write(path: away, problem: "it is out of the zoo but not deleted: \(error.localizedDescription)")
    }
  }

  /// Puts a file into a model's folder, or the zoo's own where `id` is `nil`, in place of one of that name.
  ///
  /// - Throws: `ZooError.write`.
  public func write(_ text: String, to name: String, of id: String?) throws(ZooError) {
    let path = "\(zoo.path)/\(id.map { "\($0)/" } ?? "")\(name)"
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .write(path: path, problem: error.localizedDescription)
    }
  }

  /// Copies a file to its place in a model's folder.
  ///
  /// - Throws: `ZooError.write`.
  public func place(_ file: String, as path: String) throws(ZooError) {
    let url = URL(fileURLWithPath: path)
    let stage = url.deletingLastPathComponent().path + "/.\(url.lastPathComponent).\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      // The cache may lie on another disk; only a rename within one is whole or nothing.
      try FileManager.default.copyItem(atPath: file, toPath: stage)
    } catch {
      try? FileManager.default.removeItem(atPath: stage)
      throw .write(path: path, problem: error.localizedDescription)
    }
    do throws(ZooError) {
      try Self.move(stage, path)
    } catch {
      try? FileManager.default.removeItem(atPath: stage)
      throw error
    }
  }

  /// Whether a model's folder may have that name.
  public static func isID(_ text: String) -> Bool {
    let first = "abcdefghijklmnopqrstuvwxyz0123456789"
    let more = first + "._-"
    return (1...64).contains(text.utf8.count) && text.allSatisfy(more.contains)
      && text.first.map(first.contains) == true
  }

  /// An id made of a file's name.
  public static func id(from name: String) -> String {
    let allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-"
    let mapped = name.lowercased().map { allowed.contains($0) ? $0 : "-" }
    let trimmed = String(mapped.drop { "._-".contains($0) }.prefix(64))
    return trimmed.isEmpty ? "model" : trimmed
  }

  private func temporary(_ what: String) throws(ZooError) -> String {
    "\(zoo.path)/.\(what)-\(UUID().uuidString)"
  }

  private func exchange(_ stage: String, _ target: String) throws(ZooError) {
    let old = try temporary("replaced")
    try Self.move(target, old)
    do throws(ZooError) {
      try Self.move(stage, target)
    } catch {
      try? Self.move(old, target)
      throw error
    }
    try? FileManager.default.removeItem(atPath: old)
  }

  private static func move(_ source: String, _ target: String) throws(ZooError) {
    guard rename(source, target) == 0 else {
      throw .write(path: target, problem: String(cString: strerror(errno)))
    }
  }
}
