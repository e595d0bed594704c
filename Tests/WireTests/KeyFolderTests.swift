import Foundation
import Messages
import Randomness
import Testing
import Wire

@Suite struct KeyFolderTests {
  private let folder: Folder
  private let keys: KeyFolder
  private var path: String { folder.url.path + "/keys" }

  init() throws {
    folder = try Folder()
    keys = KeyFolder(folder.url.path + "/keys")
  }

  private func mode(_ file: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path + file)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  @Test func `a new pair is its owner's alone and is never overwritten`() throws {
    try keys.create()
    #expect(try mode("/secret.key") == 0o600 && mode("") == 0o700)
    let before = try String(contentsOfFile: path + "/secret.key", encoding: .utf8)
    let error = #expect(throws: KeyError.self) { try keys.create() }
    #expect("\(try #require(error))".contains("never overwritten"))
    #expect(try String(contentsOfFile: path + "/secret.key", encoding: .utf8) == before)
    let shown = try String(contentsOfFile: path + "/public.key", encoding: .utf8)
    #expect(try keys.keyPair().publicKey.description + "\n" == shown)
    #expect(!"\(try keys.keyPair())".contains(before.prefix(40)))
    var dump = ""
    Swift.dump(try keys.keyPair(), to: &dump)
    #expect(!dump.contains(before.prefix(40)) && dump.contains(shown.prefix(40)))
  }

  @Test(arguments: (0..<9).filter { $0 < 6 }.map { 1 << $0 })
  func `a secret that others may touch is refused`(bit: Int) throws {
    try keys.create()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600 | bit], ofItemAtPath: path + "/secret.key")
    let error = #expect(throws: KeyError.self) { try keys.security() }
    #expect("\(try #require(error))".contains("chmod 600"))
  }

  @Test(arguments: ["", "/allowed"], [0o020, 0o002])
  func `a list that others may change is refused`(place: String, bit: Int) throws {
    try keys.create()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o700 | bit], ofItemAtPath: path + place)
    let error = #expect(throws: KeyError.self) { try keys.security() }
    #expect("\(try #require(error))".contains("chmod go-w"))
  }

  @Test func `the list holds what it was told`() throws {
    try keys.create()
    var expected: [AllowedPeer] = []
    for (name, address) in [("arm", "192.168.7.10"), ("b.2", nil), ("lab_3", "[fd00::7]")] {
      let peer = AllowedPeer(name: name, key: try KeyPair().publicKey, address: address)
      try keys.allow(peer)
      try keys.allow(peer)
      expected.append(peer)
      #expect(try keys.peers() == expected)
    }
    let other = AllowedPeer(name: "arm", key: try KeyPair().publicKey)
    #expect(throws: KeyError.self) { try keys.allow(other) }
    let twice = AllowedPeer(name: "again", key: expected[0].key)
    #expect(throws: KeyError.self) { try keys.allow(twice) }
    let place = AllowedPeer(name: "again", key: other.key, address: "192.168.7.10")
    #expect(throws: KeyError.self) { try keys.allow(place) }
    let own = AllowedPeer(name: "own", key: try keys.keyPair().publicKey)
    #expect(throws: KeyError.self) { try keys.allow(own) }
    try keys.remove("b.2")
    #expect(try keys.peers().map(\.name) == ["arm", "lab_3"])
    let error = #expect(throws: KeyError.self) { try keys.remove("b.2") }
    #expect("\(try #require(error))".contains("arm, lab_3"))
  }

  @Test(arguments: [
    "", ".", "..", ".hidden", "-f", "a/b", "../secret", "../../x", "a b", "a\nb", "a\0b", "ü",
    String(repeating: "a", count: 65), "*", "~", "$HOME",
  ]) func `no name leads out of the folder`(name: String) throws {
    try keys.create()
    let peer = AllowedPeer(name: name, key: try KeyPair().publicKey)
    #expect(throws: KeyError.self) { try keys.allow(peer) }
    #expect(throws: KeyError.self) { try keys.remove(name) }
    #expect(try keys.keyPair().publicKey == keys.keyPair().publicKey)
  }

  @Test func `a damaged file lets nobody in and shuts nobody out`() throws {
    try keys.create()
    let good = try Machine()
    let bad = try Machine()
    try keys.allow(good.listed("good"))
    try keys.allow(bad.listed("bad"))
    let security = try keys.security()
    guard case .keys(let own, let allowed) = security else { throw Wrong() }
    let machine = try Machine(keys: own, allowed: allowed)
    var stream = RandomStream(seed: 5, name: "damage")
    let whole = try Data(contentsOf: URL(fileURLWithPath: path + "/allowed/bad.key"))
    for _ in 0..<300 {
      var bytes = whole
      bytes[stream.index(below: bytes.count)] = UInt8(truncatingIfNeeded: stream.next())
      bytes = bytes.prefix(1 + stream.index(below: bytes.count))
      try bytes.write(to: URL(fileURLWithPath: path + "/allowed/bad.key"))
      guard let peers = try? keys.peers() else { continue }
      #expect(peers.contains { $0.name == "good" } && peers.count == 2)
    }
    try Data("nothing\n".utf8).write(to: URL(fileURLWithPath: path + "/allowed/bad.key"))
    #expect(throws: KeyError.self) { try keys.security() }
    var server = try Server(at: anyPort(), role: "actor", in: machine.context)
    let bound = server.endpoint
    let endpoint = try #require(bound)
    let here = AllowedPeer(name: "here", key: own.publicKey, address: "127.0.0.1")
    for (visitor, enters) in [(bad, false), (good, true)] {
      let caller = try Machine(keys: visitor.keys, allowed: AllowList([here]))
      var client = try Client(to: endpoint, role: "learner", in: caller.context)
      try client.send(.judgeStart, within: patience)
      if enters {
        #expect(try server.receive(within: patience).message == .judgeStart)
      } else {
        #expect(try machine.refusals(.unlisted) == 1)
      }
    }
    try keys.remove("good")
    let again = try Machine(keys: good.keys, allowed: AllowList([here]))
    var client = try Client(to: endpoint, role: "learner", in: again.context)
    try client.send(.judgeStart, within: patience)
    #expect(try machine.refusals(.unlisted, from: 2) == 2)
    #expect(try server.next(within: .milliseconds(50)) == nil)
  }

  @Test func `what is no key is refused, and every key reads back`() throws {
    var stream = RandomStream(seed: 3, name: "keys")
    for _ in 0..<50 {
      let key = try KeyPair().publicKey
      #expect(try PublicKey(key.description) == key)
      #expect(key.description.first.map { $0.isLetter || $0.isNumber } == true)
      var text = Array(key.description.utf8)
      text[stream.index(below: text.count)] = UInt8(32 + stream.index(below: 95))
      let changed = String(decoding: text, as: UTF8.self)
      if let other = try? PublicKey(changed) { #expect(other.description == changed) }
    }
    for text in ["", "short", String(repeating: "#", count: 40), String(repeating: "0", count: 41)]
    {
      let error = #expect(throws: KeyError.self) { try PublicKey(text) }
      #expect(!"\(try #require(error))".contains("\n"))
    }
  }

  struct Wrong: Error {}
}
