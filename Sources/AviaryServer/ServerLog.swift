import Foundation
import Logging

/// The server's log: one line an event on stderr, as text or as JSON. Pictures never come near it.
package enum ServerLog {
  package enum Format: String, CaseIterable, Sendable { case text, json }

  package static func logger(level: Logger.Level, format: Format) -> Logger {
    var logger = Logger(label: "aviary") { label -> any LogHandler in
      if format == .json { return JSONLogHandler(label: label) }
      return StreamLogHandler.standardError(label: label)
    }
    logger.logLevel = level
    return logger
  }
}

/// An event as an object of JSON on a line of its own.
struct JSONLogHandler: LogHandler {
  let label: String
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    FileHandle.standardError.write(
      Data(
        line(
          level: event.level, message: "\(event.message)", extra: event.metadata ?? [:], date: Date()
        ).utf8))
  }

  func line(level: Logger.Level, message: String, extra: Logger.Metadata, date: Date) -> String {
    var json = JSONWriter()
    json.object { json in
      json.member("time", date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      json.member("level", level.rawValue)
      json.member("logger", label)
      json.member("message", message)
      for (key, value) in metadata.merging(extra, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
        json.member(key, "\(value)")
      }
    }
    return String(buffer: json.buffer) + "\n"
  }
}
