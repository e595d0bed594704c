import Foundation
import Glibc

/// A machine's keys and the list of those it lets in, as files: `secret.key`, `public.key`, and
/// `allowed/NAME.key` for each other machine.
public struct KeyFolder: Sendable {
  /// Most machines on a list.
  public static let most = 256
  /// The folder.
  public let path: String

  private var secretFile: String { path + "/secret.key" }
  private var publicFile: String { path + "/public.key" }
  private var listFolder: String { path + "/allowed" }

  /// The folder of a path, which need not be there yet.
  public init(_ path: String) { self.path = path }

  /// Makes a new pair, in a folder that has none.
  public func create() throws(KeyError) {
    guard !FileManager.default.fileExists(atPath: secretFile) else {
      throw KeyError(
        path, "holds a key pair already, which is never overwritten; name another folder")
    }
    let pair = try KeyPair()
    try makeFolder(path)
    try makeFolder(listFolder)
    try KeyFile.create(secretFile, pair.secret + "\n", mode: 0o600)
    try KeyFile.replace(publicFile, pair.publicKey.description + "\n")
  }

  /// This machine's pair.
  ///
  /// Throws where another user may read the secret key, or change the list.
  public func keyPair() throws(KeyError) -> KeyPair {
    guard FileManager.default.fileExists(atPath: secretFile) else {
      throw KeyError(path, "holds no key pair; `kinglet keys new \(path)` makes one")
    }
    try KeyFile.checkOwned(path)
    if FileManager.default.fileExists(atPath: listFolder) { try KeyFile.checkOwned(listFolder) }
    let text = try KeyFile.read(secretFile, isSecret: true)
    let pair: KeyPair
    do { pair = try KeyPair(secret: Self.firstLine(of: text)) } catch {
      throw KeyError(
        secretFile, "holds no secret key; it was damaged: make a new pair in another folder")
    }
    if let shown = try? KeyFile.read(publicFile),
      Self.firstLine(of: shown) != pair.publicKey.description
    {
      throw KeyError(
        publicFile,
        "is not the public key of \(secretFile); remove it, `keys show` tells the right one")
    }
    return pair
  }

  /// The machines on the list, by name.
  ///
  /// Throws at the first file that is none of a key.
  public func peers() throws(KeyError) -> [AllowedPeer] {
    var peers: [AllowedPeer] = []
    for name in names() { peers.append(try peer(name)) }
    guard peers.count <= Self.most else {
      throw KeyError(
        listFolder, "holds \(peers.count) keys; at most \(Self.most) machines are let in")
    }
    return peers
  }

  /// Everything that a context needs, with the list as it will be at each handshake.
  public func security() throws(KeyError) -> Security {
    let own = try keyPair()
    _ = try peers()
    let folder = self
    return .keys(own: own, allowed: AllowList(reading: { folder.readablePeers() }))
  }

  /// Lets a machine in under a name.
  ///
  /// `address` is where its servers are, as endpoints spell it.
  public func allow(_ peer: AllowedPeer) throws(KeyError) {
    try Self.check(name: peer.name)
    if let address = peer.address { try Self.check(address: address) }
    let own = try keyPair().publicKey
    guard peer.key != own else {
      throw KeyError(peer.name, "has the key of this machine itself, which is always let in")
    }
    let others = try peers()
    if let same = others.first(where: { $0.name == peer.name }), same != peer {
      throw KeyError(
        file(of: peer.name),
        "is on the list with another key or address; `kinglet keys remove \(path) \(peer.name)` first"
      )
    }
    if let same = others.first(where: { $0.key == peer.key && $0.name != peer.name }) {
      throw KeyError(file(of: same.name), "holds this very key")
    }
    if let address = peer.address,
      let same = others.first(where: { $0.address == address && $0.name != peer.name })
    {
      throw KeyError(file(of: same.name), "has the address \(address) already")
    }
    guard others.count < Self.most else {
      throw KeyError(listFolder, "is full: \(Self.most) machines")
    }
    try makeFolder(listFolder)
    let place = peer.address.map { "at \($0)\n" } ?? ""
    try KeyFile.replace(file(of: peer.name), "\(peer.key)\n\(place)")
  }

  /// Takes a machine from the list: from its next handshake on it is refused.
  public func remove(_ name: String) throws(KeyError) {
    try Self.check(name: name)
    guard unlink(file(of: name)) == 0 else {
      let known = names().joined(separator: ", ")
      throw KeyError(
        file(of: name), "cannot be removed; on the list: \(known.isEmpty ? "nobody" : known)")
    }
  }

  // MARK: Files

  private func file(of name: String) -> String { "\(listFolder)/\(name).key" }

  private func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: listFolder)) ?? []
    return files.filter { $0.hasSuffix(".key") && !$0.hasPrefix(".") }.map {
      String($0.dropLast(4))
    }
    .sorted()
  }

  private func peer(_ name: String) throws(KeyError) -> AllowedPeer {
    try Self.check(name: name)
    let file = file(of: name)
    let lines = try KeyFile.read(file).split(separator: "\n").map(String.init)
    guard let key = lines.first.flatMap({ try? PublicKey($0) }), lines.count <= 2,
      lines.count < 2 || lines[1].hasPrefix("at ")
    else {
      throw KeyError(file, "is not a line of a key and, at most, a line `at ADDRESS`; remove it")
    }
    let address = lines.count == 2 ? String(lines[1].dropFirst(3)) : nil
    if let address { try Self.check(address: address) }
    return AllowedPeer(name: name, key: key, address: address)
  }

  /// Those whose files can be read: a damaged file lets nobody in and shuts nobody else out.
  private func readablePeers() -> [AllowedPeer] {
    guard (try? KeyFile.checkOwned(listFolder)) != nil else { return [] }
    return names().prefix(Self.most).compactMap { try? peer($0) }
  }

  private func makeFolder(_ folder: String) throws(KeyError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw KeyError(folder, "cannot be made; may you write there?")
    }
    try KeyFile.checkOwned(folder)
  }

  private static func firstLine(of text: String) -> String {
    String(text.prefix { !$0.isNewline })
  }

  private static func check(name: String) throws(KeyError) {
    guard (1...64).contains(name.utf8.count), !name.hasPrefix("."), !name.hasPrefix("-"),
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
    else {
      throw KeyError(
        "'\(name.prefix(80))'",
        "is no name; use up to 64 letters, digits, '-', '_' or '.', such as arm")
    }
  }

  private static func check(address: String) throws(KeyError) {
    guard Endpoint.isHost(Substring(address)), address != "*" else {
      throw KeyError(
        "'\(address.prefix(80))'",
        "is no address; write it as in endpoints, such as 192.168.7.10 or [fd00::7]")
    }
  }
}
