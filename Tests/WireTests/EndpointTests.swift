import Foundation
import Messages
import Testing
import Wire

@Suite struct EndpointTests {
  @Test(arguments: [
    "ipc:///tmp/a/b", "ipc://relative/s", "tcp://127.0.0.1:5555", "tcp://[::1]:65535",
    "tcp://127.0.0.1:*",
  ])
  func `a local endpoint is taken as it is written`(text: String) throws {
    #expect(try Endpoint(text).description == text)
  }

  @Test(arguments: [
    "tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.7:5555", "tcp://robot:5555",
    "tcp://localhost:5555", "tcp://[::]:5555", "tcp://127.0.0.2:5555", "tcp://eth0:5555",
    "tcp://127.0.0.1;10.0.0.1:5555",
  ])
  func `an address that others can reach is refused and the error says why`(text: String) {
    #expect(throws: WireError.notLoopback(text)) { try Endpoint(text) }
    #expect("\(WireError.notLoopback(text))".contains("loopback"))
  }

  @Test(arguments: [
    "", "5555", "ipc://", "ipc://*", "ipc://@abstract", "tcp://", "tcp://127.0.0.1",
    "tcp://127.0.0.1:", "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1",
    "tcp://127.0.0.1:+80", "tcp://:5555", "udp://127.0.0.1:1", "inproc://a", "ipc:///tmp/a\0b",
  ])
  func `what is no endpoint is refused`(text: String) {
    #expect(throws: WireError.badEndpoint(text)) { try Endpoint(text) }
  }

  @Test func `a path longer than a Unix address is refused`() throws {
    let fits = "ipc:///" + String(repeating: "x", count: 106)
    #expect(try Endpoint(fits).description == fits)
    #expect(throws: WireError.pathTooLong(fits + "x", bytes: 108, limit: 107)) {
      try Endpoint(fits + "x")
    }
  }

  @Test func `an endpoint in use is refused and its owner goes on`() throws {
    let folder = try Folder()
    let endpoint = try folder.endpoint()
    let context = try Context()
    var owner = try Server(at: endpoint, role: "actor", in: context)
    for _ in 0..<3 { expect(.endpointInUse(endpoint.description), at: endpoint, in: context) }
    var client = try Client(to: endpoint, role: "driver", in: context)
    try client.send(.judgeStart, within: patience)
    #expect(try owner.receive(within: patience).message == .judgeStart)
  }

  @Test(arguments: ["tcp://127.0.0.1:*", "tcp://[::1]:*"])
  func `a port in use is refused`(text: String) throws {
    let context = try Context()
    var owner = try Socket(.router, peer: "actor", in: context)
    do {
      try owner.bind(to: Endpoint(text))
    } catch {
      // A machine without IPv6 has no such address.
      #expect(text.contains("::1"))
      return
    }
    let bound = owner.endpoint
    let endpoint = try #require(bound)
    #expect(!endpoint.description.hasSuffix("*"))
    expect(.endpointInUse(endpoint.description), at: endpoint, in: context)
  }

  @Test func `an endpoint that a dead process left behind is taken over`() throws {
    let folder = try Folder()
    let path = folder.url.appending(path: "s").path()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    close(descriptor)
    #expect(FileManager.default.fileExists(atPath: path))
    let context = try Context()
    let server = try Server(at: folder.endpoint(), role: "actor", in: context)
    #expect(server.endpoint?.description == "ipc://" + path)
  }

  @Test func `a file that is no socket is never removed`() throws {
    let folder = try Folder()
    let file = folder.url.appending(path: "s")
    try Data("notes".utf8).write(to: file)
    let reason = "a file that is no socket is in the way"
    let endpoint = try folder.endpoint()
    expect(
      .cannotOpen(endpoint.description, reason: reason), at: endpoint, in: try Context())
    #expect(try Data(contentsOf: file) == Data("notes".utf8))
  }

  @Test func `a folder that is not there is said`() throws {
    let folder = try Folder()
    let endpoint = try folder.endpoint("missing/s")
    let context = try Context()
    expect(
      .cannotOpen(endpoint.description, reason: "No such file or directory"), at: endpoint,
      in: context)
  }

  private func expect(
    _ error: WireError, at endpoint: Endpoint, in context: Context,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) {
      _ = try Server(at: endpoint, role: "actor", in: context)
    }
  }
}
