import AviaryZoo
import Foundation
import TestSupport
import Testing

@Suite struct DownloaderTests {
  /// Gives what a test says, like a server.
  struct Script: Transport {
    var data = Data()
    /// Ends after that many bytes of an answer.
    var limit = Int.max
    var resumes = true
    var contentType: String?
    var total: Int?
    /// What it calls its version.
    var version: String?
    /// Offsets that were asked for.
    let asked = Box()

    final class Box: @unchecked Sendable {
      var offsets: [Int] = []
    }

    func fetch(
      _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
    ) throws {
      asked.offsets.append(offset)
      let start = resumes && (version == nil || version == self.version) ? offset : 0
      try receive(
        .head(.init(offset: start, total: total ?? data.count, contentType: contentType, version: self.version)))
      let end = min(data.count, start + min(limit, data.count))
      var position = start
      while position < end {
        let next = min(end, position + 1000)
        try receive(.bytes(data[position..<next]))
        position = next
      }
    }
  }

  static let data = Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  static let address = "test://host/model.onnx"

  static func digest(_ data: Data) throws -> String {
    let scratch = try Scratch()
    return try FileDigest(contentsOf: scratch.file("x", data)).sha256
  }

  @Test func theFileArrives() throws {
    let scratch = try Scratch()
    let downloader = Downloader(transports: ["test": Script(data: Self.data)], folder: scratch.path)
    let file = try downloader.download(
      Self.address, expecting: .init(sha256: Self.digest(Self.data), bytes: Self.data.count))
    #expect(FileManager.default.contents(atPath: file.path) == Self.data)
    file.discard()
    #expect(scratch.contents.isEmpty)
  }

  /// Hashes are the same in capitals.
  @Test func capitals() throws {
    let scratch = try Scratch()
    let downloader = Downloader(transports: ["test": Script(data: Self.data)], folder: scratch.path)
    _ = try downloader.download(Self.address, expecting: .init(sha256: Self.digest(Self.data).uppercased()))
  }

  @Test(arguments: [true, false])
  func anInterruptedOneGoesOn(_ resumes: Bool) throws {
    let scratch = try Scratch()
    var script = Script(data: Self.data, limit: 4000, resumes: resumes)
    let sha256 = try Self.digest(Self.data)
    func attempt() throws -> String {
      try Downloader(transports: ["test": script], folder: scratch.path)
        .download(Self.address, expecting: .init(sha256: sha256)).path
    }
    let error = #expect(throws: ZooError.self) { try attempt() }
    #expect(error?.description.contains("4000 of 10000") == true)
    if resumes { #expect(throws: ZooError.self) { try attempt() } } else { script.limit = .max }
    let path = try attempt()
    #expect(FileManager.default.contents(atPath: path) == Self.data)
    #expect(script.asked.offsets == (resumes ? [0, 4000, 8000] : [0, 4000]))
  }

  /// Without a hash the parts must be of one version.
  @Test(arguments: [nil, "one", "two"] as [String?])
  func anInterruptedOneWithoutAHash(_ version: String?) throws {
    let scratch = try Scratch()
    var script = Script(data: Self.data, limit: 4000, version: version.map { _ in "one" })
    func attempt() throws -> DownloadedFile {
      try Downloader(transports: ["test": script], folder: scratch.path).download(Self.address)
    }
    let error = #expect(throws: ZooError.self) { try attempt() }
    // It says so where it will, and only there.
    #expect(error?.description.contains("goes on from there") == (version != nil))
    #expect(error?.description.contains("nothing was kept") == (version == nil))
    #expect(scratch.contents.isEmpty == (version == nil))
    script.limit = .max
    script.version = version
    script.data = version == "two" ? Data(Self.data.reversed()) : Self.data
    let file = try attempt()
    #expect(FileManager.default.contents(atPath: file.path) == script.data)
    #expect(script.asked.offsets == [0, version == nil ? 0 : 4000])
    file.discard()
    #expect(scratch.contents.isEmpty)
  }

  /// What arrived whole and was not discarded is not fetched again, also where the server cannot resume.
  @Test(arguments: [true, false], [true, false])
  func aFileThatWasLeft(_ resumes: Bool, _ isHashed: Bool) throws {
    let scratch = try Scratch()
    let script = Script(data: Self.data, resumes: resumes, version: "one")
    let sha256 = isHashed ? try Self.digest(Self.data) : nil
    var fetched = 0
    for _ in 0..<2 {
      let file = try Downloader(transports: ["test": script], folder: scratch.path)
        .download(Self.address, expecting: .init(sha256: sha256)) { _, _ in fetched += 1 }
      #expect(FileManager.default.contents(atPath: file.path) == Self.data)
    }
    #expect(fetched == 10)
    #expect(script.asked.offsets == (isHashed ? [0] : [0, 10_000]))
  }

  /// The second of two at once is refused, and takes nothing from the first.
  @Test func twoAtOnce() throws {
    let scratch = try Scratch()
    let downloader = Downloader(
      transports: ["test": Script(data: Self.data, version: "one")], folder: scratch.path)
    var refused = 0
    var first: DownloadedFile? = try downloader.download(Self.address) { count, _ in
      guard count == 5000 else { return }
      let error = #expect(throws: ZooError.self) { try downloader.download(Self.address) }
      #expect(error?.description.contains("another command is fetching it") == true)
      refused += 1
    }
    #expect(refused == 1)
    #expect(throws: ZooError.self) { try downloader.download(Self.address) }
    #expect(FileManager.default.contents(atPath: first?.path ?? "") == Self.data)
    first?.discard()
    first = nil
    #expect(scratch.contents.isEmpty)
    _ = try downloader.download(Self.address)
  }

  /// Bodies of error pages come without a head, and are no part of the file.
  @Test func bytesWithoutAHead() throws {
    struct Page: Transport {
      func fetch(
        _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
      ) throws {
        try receive(.bytes(Data("busy".utf8)))
      }
    }
    let scratch = try Scratch()
    #expect(throws: ZooError.self) {
      try Downloader(transports: ["test": Page()], folder: scratch.path)
        .download(Self.address, expecting: .init(sha256: Self.digest(Self.data)))
    }
    #expect(scratch.contents.isEmpty)
  }

  struct Fault: Sendable {
    let name: String
    let script: Script
    let expected: Downloader.Expectation
    let message: String
  }

  static let faults: [Fault] = [
    Fault(
      name: "hash", script: Script(data: data), expected: .init(sha256: String(repeating: "0", count: 64)),
      message: "nothing was kept"),
    Fault(
      name: "size", script: Script(data: data), expected: .init(bytes: 5), message: "the manifest says 5"),
    Fault(
      name: "longer than said", script: Script(data: data, total: 10_000), expected: .init(bytes: 9_999),
      message: "9999"),
    Fault(
      name: "page by type", script: Script(data: data, contentType: "text/html; charset=utf-8"),
      expected: .init(),
      message: "web page"),
    Fault(
      name: "page by content", script: Script(data: Data("\n <!DOCTYPE html><html>".utf8)), expected: .init(),
      message: "web page"),
    Fault(
      name: "pointer", script: Script(data: Data("version https://git-lfs.github.com/spec/v1\n".utf8)),
      expected: .init(), message: "LFS"),
    Fault(name: "empty", script: Script(), expected: .init(), message: "is empty"),
  ]

  @Test(arguments: faults)
  func nothingIsKeptOf(_ fault: Fault) throws {
    let scratch = try Scratch()
    let downloader = Downloader(transports: ["test": fault.script], folder: scratch.path)
    let error = #expect(throws: ZooError.self) {
      try downloader.download(Self.address, expecting: fault.expected)
    }
    #expect(error?.description.contains(fault.message) == true, "\(error?.description ?? "")")
    #expect(scratch.contents.isEmpty)
  }

  @Test(arguments: ["nonsense", "gopher://host/x", "file:///no/such/file.onnx", ""])
  func badAddresses(_ address: String) throws {
    let scratch = try Scratch()
    #expect(throws: ZooError.self) { try Downloader(folder: scratch.path).download(address) }
    #expect(scratch.contents.isEmpty)
  }

  /// A full disk, as the system has one to try with.
  @Test func aFullDiskIsSaid() throws {
    let scratch = try Scratch()
    let downloads = scratch.path
    let address = "test://host/full"
    // The part that would be written is the device that is always full.
    let probe = Downloader(transports: ["test": Script(data: Self.data)], folder: downloads)
    let part = try probe.download(address).path
    // With a hash a part is gone on with; without one it would be emptied first, which no device can be.
    let expected = Downloader.Expectation(sha256: String(repeating: "0", count: 64))
    try FileManager.default.removeItem(atPath: part)
    try FileManager.default.createSymbolicLink(atPath: part, withDestinationPath: "/dev/full")
    let error = #expect(throws: ZooError.self) { try probe.download(address, expecting: expected) }
    guard case .download(let url, let problem) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(url == address)
    #expect(problem.contains("cannot be stored at \(part)"), "\(problem)")
    // The link went, the device did not.
    #expect(scratch.contents.isEmpty)
    #expect(FileManager.default.fileExists(atPath: "/dev/full"))
  }
}
