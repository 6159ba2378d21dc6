import AviaryCore
import AviaryFetch
import AviaryZoo
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What a server answers, good or bad, ends in the whole file or in an error.
@Suite struct HTTPTransportTests {
  /// Serves one canned answer per connection on a port of its own.
  private final class Server: @unchecked Sendable {
    let port: UInt16
    let requests = Guarded<[String]>([])
    private let socket: Int32

    init(_ answers: [String]) throws {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      self.socket = socket
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
        }
      }
      try #require(bound)
      port = UInt16(bigEndian: address.sin_port)
      // The thread outlives a test that asks less often than it might.
      let requests = requests
      Thread.detachNewThread {
        for answer in answers {
          let client = accept(socket, nil, nil)
          guard client >= 0 else { return }
          var request = [UInt8](repeating: 0, count: 4096)
          let length = recv(client, &request, request.count, 0)
          requests.withLock { $0.append(String(decoding: request.prefix(max(0, length)), as: UTF8.self)) }
          _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
          close(client)
        }
      }
    }

    deinit { close(socket) }
  }

  private static let text = "0123456789"

  private static func answer(_ status: String, _ fields: String = "", _ body: String) -> String {
    "HTTP/1.1 \(status)\r\nConnection: close\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func download(_ answers: [String], partOf size: Int = 0) throws -> String {
    let scratch = try Scratch()
    let server = try Server(answers)
    let address = "http://127.0.0.1:\(server.port)/model.onnx"
    let sha256 = try Self.sha256()
    let downloader = Downloader(transports: HTTPTransport.transports, folder: scratch.path)
    if size > 0 {
      // What an earlier attempt left, where the downloader looks for it.
      let path = try Downloader(transports: ["http": Nothing()], folder: scratch.path).download(address).path
      try Data(Self.text.utf8.prefix(size)).write(to: URL(fileURLWithPath: path))
    }
    let file = try downloader.download(address, expecting: .init(sha256: sha256))
    return String(decoding: FileManager.default.contents(atPath: file.path) ?? Data(), as: UTF8.self)
  }

  /// Tells where the downloader keeps the part of an address.
  private struct Nothing: Transport {
    func fetch(
      _ url: URL, from offset: Int, of version: String?, receive: (TransportEvent) throws -> Void
    ) throws {
      try receive(.head(.init(offset: 0, total: 1)))
      try receive(.bytes(Data([0])))
    }
  }

  @Test func aWholeFile() throws {
    #expect(try download([Self.answer("200 OK", "", Self.text)]) == Self.text)
  }

  @Test func theRest() throws {
    let rest = Self.answer("206 Partial Content", "Content-Range: bytes 4-9/10\r\n", "456789")
    #expect(try download([rest], partOf: 4) == Self.text)
  }

  @Test func aServerThatCannotResume() throws {
    #expect(try download([Self.answer("200 OK", "", Self.text)], partOf: 4) == Self.text)
  }

  /// Downloads without a hash until the answers are used up.
  private func attempts(_ answers: [String]) throws -> (text: String?, errors: [String], requests: [String]) {
    let scratch = try Scratch()
    let server = try Server(answers)
    let downloader = Downloader(transports: HTTPTransport.transports, folder: scratch.path)
    var text: String?
    var errors: [String] = []
    for _ in answers where server.requests.withLock({ $0.count }) < answers.count {
      do throws(ZooError) {
        let file = try downloader.download("http://127.0.0.1:\(server.port)/model.onnx")
        text = String(decoding: FileManager.default.contents(atPath: file.path) ?? Data(), as: UTF8.self)
      } catch {
        errors.append(error.description)
      }
    }
    return (text, errors, server.requests.withLock { $0 })
  }

  /// An answer that says more than it gives.
  private static func broken(_ fields: String) -> String {
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\(fields)Content-Length: 10\r\n\r\n0123"
  }

  private static let tag = "ETag: \"one\"\r\n"
  private static let date = "Last-Modified: Tue, 01 Jul 2025 10:00:00 GMT\r\n"

  @Test(arguments: [tag, date])
  func theRestOfTheSameVersion(_ validator: String) throws {
    let rest = Self.answer("206 Partial Content", "Content-Range: bytes 4-9/10\r\n\(validator)", "456789")
    let result = try attempts([Self.broken(validator), rest])
    #expect(result.text == Self.text)
    #expect(result.errors.count == 1 && result.errors.allSatisfy { $0.contains("goes on from there") })
    let value = validator.split(separator: ":", maxSplits: 1).last?.dropFirst() ?? ""
    #expect(result.requests.last?.contains("If-Range: \(value)") == true, "\(result.requests)")
    #expect(result.requests.last?.contains("Range: bytes=4-") == true)
  }

  /// Of a file that has changed the old part is worth nothing, whether the server knows If-Range or not.
  @Test func theRestOfAnotherVersion() throws {
    let whole = Self.answer("200 OK", "ETag: \"two\"\r\n", "abcdefghij")
    #expect(try attempts([Self.broken(Self.tag), whole]).text == "abcdefghij")
    let rest = Self.answer("206 Partial Content", "Content-Range: bytes 4-9/10\r\nETag: \"two\"\r\n", "efghij")
    #expect(try attempts([Self.broken(Self.tag), rest, whole]).text == "abcdefghij")
  }

  @Test(arguments: ["", "ETag: W/\"one\"\r\n", "\(date)Date: Tue, 01 Jul 2025 10:00:00 GMT\r\n"])
  func withoutAVersionItBeginsAnew(_ fields: String) throws {
    let result = try attempts([Self.broken(fields), Self.answer("200 OK", fields, Self.text)])
    #expect(result.text == Self.text)
    #expect(result.requests.allSatisfy { !$0.contains("Range:") })
    #expect(result.errors.allSatisfy { !$0.contains("goes on") })
  }

  @Test func nothingMoreToFetch() throws {
    let nothing = Self.answer("416 Range Not Satisfiable", "Content-Range: bytes */10\r\n", "")
    let result = try attempts([Self.answer("200 OK", Self.tag, Self.text), nothing])
    #expect(result.text == Self.text && result.errors.isEmpty)
    // Who knows the hash need not ask.
    #expect(try download([], partOf: 10) == Self.text)
  }

  /// What comes with an error status is not the file.
  @Test(arguments: ["503 Service Unavailable", "404 Not Found", "403 Forbidden"])
  func bodiesOfErrors(_ status: String) throws {
    let scratch = try Scratch()
    let page = Self.answer(status, "", "busy")
    let rest = Self.answer("206 Partial Content", "Content-Range: bytes 4-9/10\r\n", "456789")
    let server = try Server([page, Self.broken(""), page, rest])
    let sha256 = try Self.sha256()
    let downloader = Downloader(transports: HTTPTransport.transports, folder: scratch.path)
    func attempt() throws(ZooError) -> DownloadedFile {
      try downloader.download("http://127.0.0.1:\(server.port)/model.onnx", expecting: .init(sha256: sha256))
    }
    #expect(throws: ZooError.self) { try attempt() }
    #expect(scratch.contents.isEmpty)
    #expect(throws: ZooError.self) { try attempt() }
    let part = scratch.contents
    #expect(part.values.map { String(decoding: $0, as: UTF8.self) } == ["0123"])
    #expect(throws: ZooError.self) { try attempt() }
    #expect(scratch.contents == part)
    let file = try attempt()
    #expect(FileManager.default.contents(atPath: file.path) == Data(Self.text.utf8))
  }

  private static func sha256() throws -> String {
    let scratch = try Scratch()
    return try FileDigest(contentsOf: scratch.file("whole", Data(text.utf8))).sha256
  }

  @Test(arguments: [
    "206 Partial Content\nContent-Range: bytes 9223372036854775807-9223372036854775807/*",
    "206 Partial Content\nContent-Range: bytes 5-9/10", "206 Partial Content\nX: y",
    "416 Range Not Satisfiable\nContent-Range: bytes */3", "404 Not Found\nX: y",
  ])
  func answersThatDoNotFit(_ answer: String) throws {
    let parts = answer.split(separator: "\n").map(String.init)
    for size in [0, 4] {
      #expect(throws: ZooError.self) {
        try download([Self.answer(parts[0], "\(parts[1])\r\n", "56789")], partOf: size)
      }
    }
  }
}
