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
      Thread.detachNewThread {
        for answer in answers {
          let client = accept(socket, nil, nil)
          guard client >= 0 else { return }
          var request = [UInt8](repeating: 0, count: 4096)
          _ = recv(client, &request, request.count, 0)
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
    let sha256 = try FileDigest(contentsOf: scratch.file("whole", Data(Self.text.utf8))).sha256
    let downloader = Downloader(transports: HTTPTransport.transports, folder: scratch.path)
    if size > 0 {
      // What an earlier attempt left, where the downloader looks for it.
      let path = try Downloader(transports: ["http": Nothing()], folder: scratch.path).download(address)
      try Data(Self.text.utf8.prefix(size)).write(to: URL(fileURLWithPath: path))
    }
    let path = try downloader.download(address, expecting: .init(sha256: sha256))
    return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  /// Tells where the downloader keeps the part of an address.
  private struct Nothing: Transport {
    func fetch(_ url: URL, from offset: Int, receive: (TransportEvent) throws -> Void) throws {
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

  @Test func nothingMoreToFetch() throws {
    let nothing = Self.answer("416 Range Not Satisfiable", "Content-Range: bytes */10\r\n", "")
    #expect(try download([nothing], partOf: 10) == Self.text)
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
