import Foundation
import Messages
import Synchronization
import Testing
import Wire

/// A machine of a test: keys, whom it lets in, and what it wrote down.
final class Machine: Sendable {
  let keys: KeyPair
  let context: Context
  private let said: Lines

  final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  init(keys: KeyPair, allowed: AllowList = AllowList()) throws {
    let said = Lines()
    self.keys = keys
    self.said = said
    context = try Context(security: .keys(own: keys, allowed: allowed)) { said.add($0) }
  }

  /// A machine that lets these in.
  convenience init(letting peers: [AllowedPeer] = []) throws {
    try self.init(keys: KeyPair(), allowed: AllowList(peers))
  }

  /// What it wrote down so far.
  var log: [String] { said.all }

  /// This machine as others list it.
  func listed(_ name: String, at address: String? = nil) -> AllowedPeer {
    AllowedPeer(name: name, key: keys.publicKey, address: address)
  }

  /// Waits until handshakes have failed for a reason, and returns how many.
  func refusals(_ reason: Refusal, from count: Int = 1) throws -> Int {
    try refusals(for: [reason], from: count)
  }

  /// The same for any of several reasons.
  @discardableResult
  func refusals(for reasons: [Refusal], from count: Int = 1) throws -> Int {
    let deadline = ContinuousClock.now + patience
    while reasons.map({ context.refusals[$0] }).reduce(0, +) < count {
      try #require(ContinuousClock.now < deadline, "nobody was refused: \(reasons), \(log)")
      usleep(2000)
    }
    return reasons.map { context.refusals[$0] }.reduce(0, +)
  }

  /// Waits for a line of its log that holds a text.
  func says(_ text: String) -> Bool {
    let deadline = ContinuousClock.now + patience
    while !log.contains(where: { $0.contains(text) }) {
      if ContinuousClock.now > deadline { return false }
      usleep(2000)
    }
    return true
  }
}

/// Somebody who must not come in at a server.
enum Intruder: String, CaseIterable, CustomTestStringConvertible {
  case withoutKey, withUnknownKey, withRemovedKey, takenIn

  var testDescription: String { rawValue }

  /// Why the server refuses it.
  ///
  /// Who has no key may see first that the two do not agree, and leave.
  var reasons: [Refusal] {
    switch self {
    case .withoutKey: [.keyless, .unfinished]
    case .withUnknownKey, .withRemovedKey: [.unlisted]
    case .takenIn: [.mistaken]
    }
  }
}

/// A server that lets one good machine in, and an intruder before its door.
///
/// All are on this machine: the server is where an endpoint says.
struct Siege {
  let server: Machine
  let good: Machine
  let intruder: Context
  /// Why the server may refuse it.
  let reasons: [Refusal]

  init(_ kind: Intruder) throws {
    let serverKeys = try KeyPair()
    let goodKeys = try KeyPair()
    let badKeys = try KeyPair()
    let here = { (key: PublicKey) in AllowedPeer(name: "here", key: key, address: "127.0.0.1") }
    let list = Names([AllowedPeer(name: "good", key: goodKeys.publicKey)])
    if kind == .withRemovedKey || kind == .takenIn {
      list.set(list.all + [AllowedPeer(name: "bad", key: badKeys.publicKey)])
    }
    server = try Machine(keys: serverKeys, allowed: AllowList(reading: { list.all }))
    good = try Machine(keys: goodKeys, allowed: AllowList([here(serverKeys.publicKey)]))
    let expected = kind == .takenIn ? try KeyPair().publicKey : serverKeys.publicKey
    intruder =
      kind == .withoutKey
      ? try Context()
      : try Context(security: .keys(own: badKeys, allowed: AllowList([here(expected)])))
    reasons = kind.reasons
    if kind == .withRemovedKey { list.set(list.all.filter { $0.name == "good" }) }
  }

  /// A list of names that may change.
  final class Names: Sendable {
    private let peers: Mutex<[AllowedPeer]>
    init(_ peers: [AllowedPeer]) { self.peers = Mutex(peers) }
    var all: [AllowedPeer] { peers.withLock { $0 } }
    func set(_ new: [AllowedPeer]) { peers.withLock { $0 = new } }
  }
}

/// A loopback endpoint whose port the system chooses.
func anyPort() throws -> Endpoint { try Endpoint("tcp://127.0.0.1:*") }
