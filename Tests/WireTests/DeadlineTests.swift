import Foundation
import Messages
import Synchronization
import Testing
import Wire

@Suite struct DeadlineTests {
  @Test func `a call to nobody ends at its deadline`() throws {
    let folder = try Folder()
    let place = try folder.endpoint().description
    var client = try Client(to: folder.endpoint(), role: "driver", in: Context())
    let start = ContinuousClock.now
    let error = WireError.timedOut(peer: "driver", endpoint: place, milliseconds: 60)
    #expect(throws: error) { try client.call(.judgeStart, within: .milliseconds(60)) }
    #expect(ContinuousClock.now - start >= .milliseconds(60))
    #expect("\(error)".contains("is it running?"))
  }

  @Test func `a client does not queue without end for nobody`() throws {
    let folder = try Folder()
    let place = try folder.endpoint().description
    var client = try Client(to: folder.endpoint(), role: "driver", in: Context())
    #expect(throws: WireError.cannotSend(peer: "driver", endpoint: place, milliseconds: 1)) {
      for _ in 0..<1000 { try client.send(.judgeStart, within: .milliseconds(1)) }
    }
  }

  @Test func `a server without requests waits as long as it was told`() throws {
    let folder = try Folder()
    let place = try folder.endpoint().description
    var server = try Server(at: folder.endpoint(), role: "actor", in: Context())
    let start = ContinuousClock.now
    #expect(throws: WireError.timedOut(peer: "actor", endpoint: place, milliseconds: 70)) {
      try server.receive(within: .milliseconds(70))
    }
    #expect(ContinuousClock.now - start >= .milliseconds(70))
    #expect(try server.next(within: .zero) == nil)
  }

  @Test func `a stop ends every kind of wait`() throws {
    let folder = try Folder()
    let context = try Context()
    let flag = Flag()
    let stop: StopCheck = { flag.isSet }
    let endpoints = try (0..<4).map { try folder.endpoint("s\($0)") }
    let waits: [Outcome<Void>] = [
      Outcome {
        var server = try Server(at: endpoints[0], role: "actor", in: context, stop: stop)
        _ = try server.receive(within: .seconds(600))
      },
      Outcome {
        var client = try Client(to: endpoints[1], role: "driver", in: context, stop: stop)
        _ = try client.call(.judgeStart, within: .seconds(600))
      },
      Outcome {
        var port = try DriverPort(
          bind: endpoints[2], role: "controller", in: context, spin: .microseconds(100), stop: stop)
        _ = try port.receive(within: .seconds(600))
      },
      Outcome {
        let server = try Server(at: endpoints[3], role: "actor", in: context, stop: stop)
        var poller = Poller(stop: stop)
        _ = poller.add(server)
        _ = try poller.wait(within: .seconds(600))
      },
    ]
    Thread.sleep(forTimeInterval: 0.05)
    flag.set()
    for wait in waits {
      let error = #expect(throws: WireError.self) { try wait.value() }
      guard case .stopped = error else {
        Issue.record("ended by \(String(describing: error))")
        continue
      }
    }
  }

  @Test func `a signal ends a wait long before its deadline`() throws {
    let folder = try Folder()
    let context = try Context()
    let endpoint = try folder.endpoint()
    signal(SIGUSR1) { _ in }
    let flag = Flag()
    let waiter = Waiter()
    let wait = Outcome {
      waiter.id.store(UInt(pthread_self()), ordering: .releasing)
      var server = try Server(at: endpoint, role: "actor", in: context) { flag.isSet }
      _ = try server.receive(within: .seconds(600))
    }
    while waiter.id.load(ordering: .acquiring) == 0 { Thread.sleep(forTimeInterval: 0.01) }
    Thread.sleep(forTimeInterval: 0.03)
    flag.set()
    pthread_kill(pthread_t(waiter.id.load(ordering: .acquiring)), SIGUSR1)
    #expect(throws: WireError.stopped(peer: "actor", endpoint: endpoint.description)) {
      try wait.value()
    }
  }

  @Test func `each refusal is one line that names the peer`() {
    let errors: [WireError] = [
      .timedOut(peer: "driver", endpoint: "ipc://a", milliseconds: 1),
      .cannotSend(peer: "driver", endpoint: "ipc://a", milliseconds: 1),
      .stopped(peer: "driver", endpoint: "ipc://a"), .peerGone(peer: "driver", endpoint: "ipc://a"),
      .failed(peer: "driver", endpoint: "ipc://a", reason: "r"),
      .badMessage(peer: "driver", endpoint: "ipc://a", .unknownKind),
      .tooLong(peer: "driver", endpoint: "ipc://a", bytes: 2, limit: 1),
    ]
    for error in errors {
      #expect("\(error)".contains("driver") && "\(error)".contains("ipc://a"))
      #expect(!"\(error)".contains("\n"))
    }
  }
}

/// Set once, read from any thread.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

/// The thread that waits, zero before it runs.
final class Waiter: Sendable {
  let id = Atomic<UInt>(0)
}
