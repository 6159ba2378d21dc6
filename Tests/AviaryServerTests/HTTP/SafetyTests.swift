import Foundation
import Testing

@testable import AviaryServer

@Suite struct SafetyTests {
  @Test(arguments: [
    ("Bearer secret", true), ("bearer secret", true), ("Bearer secre", false), ("Bearer secrett", false),
    ("Bearer secretsecret", false), ("Bearer ", false), ("Bearer", false), ("Basic secret", false),
    ("secret", false),
  ])
  func tokens(header: String, expected: Bool) {
    #expect(BearerToken("secret").admits(header) == expected)
    #expect(!BearerToken("secret").admits(nil))
    #expect(!BearerToken("").admits(header))
  }

  @Test func admissionIsBounded() throws {
    let admission = Admission(limit: 2)
    var tickets = [try admission.admit(), try admission.admit()]
    #expect(throws: HTTPFailure.self) { try admission.admit() }
    #expect(admission.isFull)
    tickets.removeLast()
    tickets.append(try admission.admit())
    tickets.removeAll()
    #expect(admission.current == 0)
    let refusal = admission.full
    #expect(refusal.status == .serviceUnavailable && refusal.headers[.retryAfter] == "1")
  }

  @Test func bodiesShareABudget() throws {
    let budget = BodyBudget(limit: 100)
    let first = budget.share()
    try first.take(60)
    do {
      let second = budget.share()
      try second.take(40)
      #expect(throws: HTTPFailure.self) { try second.take(1) }
    }
    #expect(budget.bytes == 60)
    try first.take(40)
  }

  @Test func firstAnswerCounts() async throws {
    let early = Completion<Int>()
    #expect(early.resolve(.success(1)))
    #expect(!early.resolve(.success(2)))
    #expect(try await early.value() == 1)
    let late = Completion<Int>()
    let waiting = Task { try await late.value() }
    try await Task.sleep(for: .milliseconds(5))
    late.resolve(.failure(HTTPFailure.badRequest("x")))
    await #expect(throws: HTTPFailure.self) { _ = try await waiting.value }
    #expect(late.isResolved)
  }

  @Test func deadlinesExpireOnce() {
    let deadlines = Deadlines()
    let late = Completion<Int>()
    let taken = Completion<Int>()
    let now = ContinuousClock.now
    _ = deadlines.add(now + .seconds(1)) { late.resolve(.failure(HTTPFailure.timeout(.seconds(1)))) }
    let number = deadlines.add(now + .seconds(1)) {
      taken.resolve(.failure(HTTPFailure.timeout(.seconds(1))))
    }
    deadlines.expire(now: now)
    #expect(!late.isResolved)
    deadlines.remove(number)
    deadlines.expire(now: now + .seconds(2))
    #expect(late.isResolved && !taken.isResolved)
  }

  @Test func queries() throws {
    #expect(try Query("a=1&b=x%20y+z", known: ["a", "b"]).values == ["a": "1", "b": "x y z"])
    #expect(try Query(nil, known: []).values.isEmpty)
    for text in ["a=1&a=2", "c=1", "a=%zz", "%ff=1"] {
      #expect(throws: HTTPFailure.self) { try Query(text, known: ["a", "b"]) }
    }
  }

  @Test func base64() {
    #expect(Base64.bytes("AQID").map { Array($0.readableBytesView) } == [1, 2, 3])
    #expect(Base64.bytes("data:image/png;base64,AQ\r\nID").map { Array($0.readableBytesView) } == [1, 2, 3])
    for text in ["AQI", "A!ID", "data:image/png,AQID", "data:AQID"] { #expect(Base64.bytes(text) == nil) }
  }

  @Test func histogramsAddUp() {
    var histogram = Histogram(bounds: [1, 2])
    for value in [0.5, 1, 1.5, 9] { histogram.add(value) }
    #expect(
      histogram.lines("x", labels: "a=\"b\"") == """
        x_bucket{a="b",le="1.0"} 2
        x_bucket{a="b",le="2.0"} 3
        x_bucket{a="b",le="+Inf"} 4
        x_sum{a="b"} 12.0
        x_count{a="b"} 4

        """)
  }

  @Test func logLinesAreJSON() throws {
    var handler = JSONLogHandler(label: "aviary")
    handler[metadataKey: "id"] = "1"
    let line = handler.line(
      level: .info, message: "a \"b\"", extra: ["route": "/v1/predict"], date: Date(timeIntervalSince1970: 0))
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
    #expect(object?["message"] == "a \"b\"" && object?["route"] == "/v1/predict" && object?["id"] == "1")
    #expect(object?["time"] == "1970-01-01T00:00:00.000Z")
  }
}
