import Foundation
import Wire

/// A folder of its own for a test's `ipc://` sockets, removed with it.
final class Folder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "k-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func endpoint(_ name: String = "s") throws -> Endpoint {
    try Endpoint("ipc://" + url.appending(path: name).path())
  }
}

/// What a second thread found, for the test's own.
final class Outcome<T: Sendable>: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: Result<T, any Error>?

  /// Runs the body on a thread of its own.
  init(_ body: @escaping @Sendable () throws -> T) {
    Thread.detachNewThread { [self] in
      result = Result(catching: body)
      done.signal()
    }
  }

  /// Waits, at most 20 s.
  func value() throws -> T {
    guard done.wait(timeout: .now() + 20) == .success, let result else { throw Late() }
    return try result.get()
  }

  struct Late: Error {}
}

/// Long enough for any machine, short enough that a hang fails.
let patience = Duration.seconds(10)
