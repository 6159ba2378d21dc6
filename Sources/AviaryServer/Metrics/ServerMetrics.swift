import AviaryCore
import Foundation

/// What the server counts, in Prometheus's text format (version 0.0.4).
///
/// Labels are routes as they stand in the table, methods and ids of served models: nothing that a client
/// makes up, so that the number of series is bounded.
final class ServerMetrics: Sendable {
  private struct Series: Hashable {
    let route: String
    let method: String
    let status: Int
  }

  private struct State {
    var requests: [Series: Int] = [:]
    var durations: [String: Histogram] = [:]
    var models: [String: Histogram] = [:]
    var batches: [String: Histogram] = [:]
    var decode = Histogram(bounds: Histogram.seconds)
    var detect = Histogram(bounds: Histogram.seconds)
    var wait = Histogram(bounds: Histogram.seconds)
    var faces = 0
    var received = 0
    var refused = 0
  }

  private let state = Guarded(State())
  private let started = Date().timeIntervalSince1970

  func answered(route: String, method: String, status: Int, seconds: Double, received: Int) {
    state.withLock { state in
      state.requests[Series(route: route, method: method, status: status), default: 0] += 1
      state.durations[route, default: Histogram(bounds: Histogram.seconds)].add(seconds)
      state.received += received
    }
  }

  func waited(seconds: Double) { state.withLock { $0.wait.add(seconds) } }

  func found(faces: Int, decode: Double, detect: Double) {
    state.withLock { state in
      state.faces += faces
      state.decode.add(decode)
      state.detect.add(detect)
    }
  }

  func ran(model: String, batch: Int, seconds: Double) {
    state.withLock { state in
      state.models[model, default: Histogram(bounds: Histogram.seconds)].add(seconds)
      state.batches[model, default: Histogram(bounds: Histogram.sizes)].add(Double(batch))
    }
  }

  func refused() { state.withLock { $0.refused += 1 } }

  /// - Parameters:
  ///   - waiting: requests that are admitted and not answered.
  ///   - heldBytes: bytes of bodies in memory.
  func text(waiting: Int, heldBytes: Int) -> String {
    let state = state.withLock { $0 }
    var text = ""
    func head(_ name: String, _ kind: String, _ help: String) {
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }
    func single(_ name: String, _ kind: String, _ help: String, _ value: some CustomStringConvertible) {
      head(name, kind, help)
      text += "\(name) \(value)\n"
    }
    func family(_ name: String, _ help: String, _ label: String, _ series: [String: Histogram]) {
      head(name, "histogram", help)
      for (key, histogram) in series.sorted(by: { $0.key < $1.key }) {
        text += histogram.lines(name, labels: "\(label)=\"\(key)\"")
      }
    }
    head("aviary_requests_total", "counter", "Answered requests.")
    let requests = state.requests.sorted {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }
    for (series, count) in requests {
      text +=
        "aviary_requests_total{route=\"\(series.route)\",method=\"\(series.method)\","
        + "status=\"\(series.status)\"} \(count)\n"
    }
    family("aviary_request_seconds", "Time from a request's head to its answer.", "route", state.durations)
    single("aviary_received_bytes_total", "counter", "Bytes of bodies.", state.received)
    single("aviary_refused_total", "counter", "Requests refused because too many waited.", state.refused)
    single("aviary_queue_requests", "gauge", "Requests that wait or are worked on.", waiting)
    single("aviary_held_bytes", "gauge", "Bytes of bodies in memory.", heldBytes)
    single("aviary_faces_total", "counter", "Faces found.", state.faces)
    head("aviary_wait_seconds", "histogram", "Time between a request's body and the work on it.")
    text += state.wait.lines("aviary_wait_seconds", labels: "")
    head("aviary_decode_seconds", "histogram", "Time for decoding a picture.")
    text += state.decode.lines("aviary_decode_seconds", labels: "")
    head("aviary_detect_seconds", "histogram", "Time for finding the faces of a picture.")
    text += state.detect.lines("aviary_detect_seconds", labels: "")
    family("aviary_model_seconds", "Time of one run of a model on a batch.", "model", state.models)
    family("aviary_batch_faces", "Faces in one run of a model.", "model", state.batches)
    if let memory = ProcessMemory.resident {
      single("process_resident_memory_bytes", "gauge", "Resident memory.", memory)
    }
    single("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.", started)
    return text
  }
}

/// What the system says of this process's memory.
enum ProcessMemory {
  /// Bytes; `nil` where the system does not say.
  static var resident: Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii) else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
