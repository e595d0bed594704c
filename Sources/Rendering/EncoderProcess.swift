import CRender
import Glibc

/// A running encoder: it reads frames from its standard input and writes one file.
///
/// When dropped, it is ended with all that it started, and its file is removed.
struct EncoderProcess: ~Copyable {
  /// The file that it writes.
  let output: String
  private let process: pid_t
  private let complaints: Int32
  private let patience: Duration
  private var input: Int32
  private var isReaped = false
  private var isKept = false

  /// Starts a program, found in PATH, that is given up after `patience` without progress.
  init(
    program: String, arguments: [String], output: String, patience: Duration
  ) throws(RenderingError) {
    let complaints = kinglet_encoder_memory()
    // A socket, as writing to one can be told not to raise SIGPIPE.
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard complaints >= 0, socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      let reason = systemReason()
      if complaints >= 0 { close(complaints) }
      unlink(output)
      throw .noEncoder(program: program, reason: reason)
    }
    let started = spawn([program] + arguments, input: ends[1], complaints: complaints)
    close(ends[1])
    guard started.reason == 0 else {
      close(ends[0])
      close(complaints)
      unlink(output)
      throw .noEncoder(program: program, reason: String(cString: strerror(started.reason)))
    }
    self.output = output
    self.patience = patience
    self.complaints = complaints
    process = started.process
    input = ends[0]
  }

  deinit {
    if input >= 0 { close(input) }
    if !isReaped {
      kill(-process, SIGKILL)
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
    close(complaints)
    if !isKept { unlink(output) }
  }

  /// Hands over bytes, however long the encoder takes as long as it takes some.
  mutating func write(_ bytes: [UInt8]) throws(RenderingError) {
    var sent = 0
    var deadline = ContinuousClock.now + patience
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { all in
        let rest = UnsafeRawBufferPointer(rebasing: all[sent...])
        return send(
          input, rest.baseAddress, rest.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
        deadline = .now + patience
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: try waitForRoom(until: deadline)
      default: throw early()
      }
    }
  }

  private func waitForRoom(until deadline: ContinuousClock.Instant) throws(RenderingError) {
    guard ContinuousClock.now < deadline else {
      throw .encoderFailed(file: output, reason: "takes no frames, for \(patience) now")
    }
    var room = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
    _ = poll(&room, 1, 50)
  }

  /// Why an encoder that takes no more input has ended.
  private mutating func early() -> RenderingError {
    let status = ending(within: min(patience, .seconds(2)))
    return .encoderFailed(file: output, reason: reason(status))
  }

  /// Ends the input and waits until the file is whole; it then stays.
  mutating func finish() throws(RenderingError) {
    close(input)
    input = -1
    let status = ending(within: patience)
    guard status == 0 else { throw .encoderFailed(file: output, reason: reason(status)) }
    isKept = true
  }

  /// The status with which the program ends by itself, nil when it does not.
  private mutating func ending(within wait: Duration) -> Int32? {
    let deadline = ContinuousClock.now + wait
    while true {
      var status: Int32 = 0
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process {
        isReaped = true
        return status
      }
      if ended < 0 && errno != EINTR {
        // Someone has taken the status; an own number says that it is unknown.
        isReaped = true
        return -1
      }
      if ContinuousClock.now >= deadline { return nil }
      usleep(2000)
    }
  }

  /// The ending in words: the first that the program said, else its status.
  private func reason(_ status: Int32?) -> String {
    var bytes = [UInt8](repeating: 0, count: 400)
    let count = max(0, pread(complaints, &bytes, bytes.count, 0))
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    let said = text.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
    guard let status else { return "does not end, after \(patience)\(said)" }
    let signal = status & 0x7F
    if status == -1 { return "ended\(said)" }
    return signal == 0
      ? "ended early (status \(status >> 8 & 0xFF))\(said)" : "was ended by signal \(signal)\(said)"
  }
}

/// The system's words for its last refusal.
func systemReason() -> String { String(cString: strerror(errno)) }

/// Starts a program; the reason is 0, or an error number.
private func spawn(
  _ words: [String], input: Int32, complaints: Int32
) -> (process: pid_t, reason: Int32) {
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
  arguments.append(nil)
  defer { for argument in arguments { free(argument) } }
  var process: pid_t = 0
  let reason = kinglet_encoder_start(arguments, input, complaints, &process)
  return (process, reason)
}
