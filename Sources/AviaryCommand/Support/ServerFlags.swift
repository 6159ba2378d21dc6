import ArgumentParser
import Aviary
import AviaryServer
import Foundation
import Logging

/// Who may use the server, and how much one request may cost.
struct ServerSafetyFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What requests must show as 'Authorization: Bearer TOKEN'; also AVIARY_TOKEN. Others on this machine \
      can read arguments: prefer --token-file.
      """, valueName: "token"))
  var token: String?

  @Option(
    name: .customLong("token-file"), help: ArgumentHelp("A file that holds the token.", valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .customLong("max-upload-bytes"), help: ArgumentHelp("Bytes of a request.", valueName: "bytes"))
  var maximumUploadBytes = 16 << 20

  @Option(
    name: .customLong("request-timeout"),
    help: ArgumentHelp("Seconds from the beginning of a request to its answer.", valueName: "seconds"))
  var requestTimeout = 30.0

  @Option(
    name: .customLong("idle-timeout"),
    help: ArgumentHelp("Seconds that a connection stays open without a request.", valueName: "seconds"))
  var idleTimeout = 30.0

  @Option(
    name: .customLong("log-level"),
    help: ArgumentHelp(
      "Least level of what is logged; 'info' has a line for every request.", valueName: "level"))
  var logLevel = Logger.Level.info

  @Option(
    name: .customLong("log-format"), help: ArgumentHelp("How lines are logged.", valueName: "text|json"))
  var logFormat = ServerLog.Format.text

  func validate() throws {
    guard (1024...(1 << 30)).contains(maximumUploadBytes) else {
      throw ValidationError("--max-upload-bytes \(maximumUploadBytes): must be 1024 to \(1 << 30)")
    }
    for (name, value) in [("request", requestTimeout), ("idle", idleTimeout)] {
      guard (0.1...3600).contains(value) else {
        throw ValidationError("--\(name)-timeout \(value): must be 0.1 to 3600 seconds")
      }
    }
    if token != nil, tokenFile != nil {
      throw ValidationError("--token and --token-file contradict each other")
    }
  }

  /// - Throws: `CommandError` for a file that cannot be read, `UsageError` for an empty token.
  func apply(to options: inout ServerOptions) throws {
    options.token = try secret()
    options.maximumUploadBytes = maximumUploadBytes
    options.requestTimeout = .milliseconds(Int(requestTimeout * 1000))
    options.idleTimeout = .milliseconds(Int(idleTimeout * 1000))
  }

  private func secret() throws -> String? {
    let text: String?
    if let tokenFile {
      guard let data = FileManager.default.contents(atPath: tokenFile) else {
        throw CommandError("\(tokenFile): cannot be read")
      }
      text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    } else {
      text = token ?? ProcessInfo.processInfo.environment["AVIARY_TOKEN"]
    }
    guard let text else { return nil }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw UsageError("the token must be printable characters without spaces")
    }
    return text
  }

  var logger: Logger { ServerLog.logger(level: logLevel, format: logFormat) }
}

/// How much the server does at once.
struct ServerLoadFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Requests that wait or are worked on; more are refused.", valueName: "requests"))
  var queue = 256

  @Option(help: ArgumentHelp("Threads that work; 0 means one per core.", valueName: "threads"))
  var concurrency = 0

  @Option(
    name: .customLong("max-connections"), help: ArgumentHelp("Open connections.", valueName: "connections"))
  var maximumConnections = 1024

  @Option(
    name: .customLong("max-batch"),
    help: ArgumentHelp(
      "Faces, of any requests, that share one run of a model; 1 leaves each to itself.", valueName: "faces"))
  var maximumBatch = 16

  @Option(
    name: .customLong("batch-delay"),
    help: ArgumentHelp(
      "Milliseconds that a face waits for others while there is other work to do.", valueName: "ms"))
  var batchDelay = 2.0

  func validate() throws {
    let counts = [
      ("queue", queue, 1...100_000), ("concurrency", concurrency, 0...1024),
      ("max-connections", maximumConnections, 1...100_000), ("max-batch", maximumBatch, 1...1024),
    ]
    for (name, value, range) in counts where !range.contains(value) {
      throw ValidationError("--\(name) \(value): must be \(range.lowerBound) to \(range.upperBound)")
    }
    guard (0...1000).contains(batchDelay) else {
      throw ValidationError("--batch-delay \(batchDelay): must be 0 to 1000 milliseconds")
    }
  }

  func apply(to options: inout ServerOptions) {
    options.queue = queue
    options.concurrency = concurrency
    options.maximumConnections = maximumConnections
    options.maximumBatch = maximumBatch
    options.batchDelay = .microseconds(Int(batchDelay * 1000))
  }
}

extension ServerLog.Format: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
