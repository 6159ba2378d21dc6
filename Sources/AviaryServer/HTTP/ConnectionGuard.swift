import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A body that was not there in time.
struct SlowBody: Error {}

/// What HTTP asks of a connection and the framework leaves open:
/// - a body must be there within a time, however steadily it trickles in;
/// - `Expect: 100-continue` is answered, or curl waits a second before each larger upload;
/// - after an answer with `Connection: close` the connection ends whatever the client still sends, but only
///   once the client had time to read the answer (RFC 9112, 9.6);
/// - bytes that are not HTTP, and headers that are too long, are answered as everything else is.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bodyTime: TimeAmount
  private let maximumBytes: Int
  /// How long a client may take to read the last answer.
  private static let lingering = TimeAmount.seconds(2)

  /// Requests without an answer yet.
  private var open = 0
  private var isReadingBody = false
  private var endsAfterAnswer = false
  private var isDraining = false
  private var deadline: Scheduled<Void>?

  init(bodyTime: TimeAmount, maximumBytes: Int) {
    self.bodyTime = bodyTime
    self.maximumBytes = maximumBytes
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDraining else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      open += 1
      isReadingBody = true
      if open == 1, expectsContinue(head) {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body: break
    case .end:
      isReadingBody = false
      deadline?.cancel()
      deadline = nil
    }
    context.fireChannelRead(data)
  }

  /// Bodies that arrive with their head need no clock.
  func channelReadComplete(context: ChannelHandlerContext) {
    if isReadingBody, !isDraining, deadline == nil {
      let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      deadline = context.eventLoop.scheduleTask(in: bodyTime) {
        let (handler, context) = loopBound.value
        if handler.isReadingBody, !handler.isDraining { context.fireErrorCaught(SlowBody()) }
      }
    }
    context.fireChannelReadComplete()
  }

  private func expectsContinue(_ head: HTTPRequest) -> Bool {
    guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
    // What is too long is refused instead.
    guard let text = head.headerFields[.contentLength], let length = Int(text) else { return true }
    return length <= maximumBytes
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let problem = error as? HTTPParserError, open == 0, !isDraining else {
      return context.fireErrorCaught(error)
    }
    if case .invalidEOFState = problem { return context.close(promise: nil) }
    let isTooLong = if case .headerOverflow = problem { true } else { false }
    let failure = HTTPFailure(
      isTooLong ? .requestHeaderFieldsTooLarge : .badRequest,
      isTooLong ? "the headers are too long" : "this is not valid HTTP/1.1", closes: true)
    let response = failure.response
    context.write(wrapOutboundOut(.head(response.head)), promise: nil)
    var json = JSONWriter()
    json.object { $0.member("error", failure.message) }
    context.write(wrapOutboundOut(.body(json.buffer)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    drain(context)
  }

  // MARK: Answers

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // An answer to what came before the end was announced cannot be sent any more.
    guard !isDraining else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let head):
      if head.headerFields[.connection]?.lowercased() == "close" { endsAfterAnswer = true }
      context.write(data, promise: promise)
    case .body: context.write(data, promise: promise)
    case .end:
      open -= 1
      guard endsAfterAnswer else { return context.write(data, promise: promise) }
      context.writeAndFlush(data, promise: promise)
      drain(context)
    }
  }

  /// Nothing more is said, and nothing more is listened to.
  private func drain(_ context: ChannelHandlerContext) {
    isDraining = true
    deadline?.cancel()
    deadline = nil
    context.close(mode: .output, promise: nil)
    let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let end = context.eventLoop.scheduleTask(in: Self.lingering) { loopBound.value.close(promise: nil) }
    context.channel.closeFuture.whenComplete { _ in end.cancel() }
  }

  /// While the last answer is on its way, only the client or the clock ends the connection.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard isDraining else { return context.close(mode: mode, promise: promise) }
    context.channel.closeFuture.cascade(to: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isDraining, let event = event as? ChannelEvent, event == .inputClosed {
      context.close(promise: nil)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
  }
}
