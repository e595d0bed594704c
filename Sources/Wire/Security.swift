import CZeroMQ

/// Whom the sockets of a context trust.
///
/// There is nothing between the two: a socket is either out of other machines' reach, or every
/// connection of it is encrypted and both of its ends are known by their keys.
public enum Security: Sendable {
  /// Nobody is asked for a key, and no socket can be reached from another machine.
  case local
  /// Every connection is encrypted (CURVE, ZeroMQ RFC 26); whoever has neither this machine's own key nor
  /// one of the list is refused, and so is a server that has not the key expected of it.
  case keys(own: KeyPair, allowed: AllowList)

  /// Bytes that encryption adds to a message: a command's name, a nonce, a flag and an authenticator.
  var overhead: Int64 {
    switch self {
    case .local: 0
    case .keys: 8 + 8 + 1 + 16
    }
  }

  /// Name of the domain, which must not be empty: libzmq asks no handler about an empty one.
  static let domain = "kinglet"
  /// Longest that a peer may take for its handshake [ms].
  static let handshakeMilliseconds: Int32 = 5000
}

/// A machine that may come in.
public struct AllowedPeer: Sendable, Hashable {
  /// What the owner of the list calls it.
  public let name: String
  /// Its public key.
  public let key: PublicKey
  /// The address at which its servers are reached, as endpoints spell it; nil for one that only calls.
  public let address: String?

  /// A peer of its parts.
  public init(name: String, key: PublicKey, address: String? = nil) {
    self.name = name
    self.key = key
    self.address = address
  }
}

/// Who may come in beside this machine itself.
public struct AllowList: Sendable {
  private let read: @Sendable () -> [AllowedPeer]

  /// A list that stays as it is; empty lets in this machine alone.
  public init(_ peers: [AllowedPeer] = []) { read = { peers } }

  /// A list that is read anew for every handshake, so that a key that was removed opens nothing more.
  public init(reading read: @escaping @Sendable () -> [AllowedPeer]) { self.read = read }

  /// Who has a key; nil for nobody on the list.
  func name(of key: PublicKey) -> String? { read().first { $0.key == key }?.name }

  /// The key of the servers at an address; nil where the list names none.
  func key(at address: String) -> PublicKey? { read().first { $0.address == address }?.key }
}

extension SocketHandle {
  /// Makes the socket a CURVE server that lets in who is allowed, where the context has keys.
  ///
  /// Must come before it listens: libzmq passes over a late setting in silence. Empty domain, domain not
  /// enforced and no handler each let everybody in; here none of the three can be left out.
  func secureServer() throws(WireError) {
    guard case .keys(let own, _) = context.security else { return }
    try set(ZMQ_CURVE_SERVER, Int32(1))
    try set(ZMQ_CURVE_SECRETKEY, text: own.secret)
    try set(ZMQ_ZAP_DOMAIN, text: Security.domain)
    try set(Self.enforceDomain, Int32(1))
  }

  /// Makes the socket a CURVE client of the server at an endpoint, where the context has keys.
  ///
  /// A server that cannot prove that key gets nothing.
  func secureClient(of endpoint: Endpoint) throws(WireError) {
    guard case .keys(let own, let allowed) = context.security else { return }
    let server = endpoint.host.flatMap(allowed.key(at:)) ?? own.publicKey
    try set(ZMQ_CURVE_SERVERKEY, text: server.description)
    try set(ZMQ_CURVE_PUBLICKEY, text: own.publicKey.description)
    try set(ZMQ_CURVE_SECRETKEY, text: own.secret)
  }

  /// `ZMQ_ZAP_ENFORCE_DOMAIN`, which libzmq 4.3 knows but whose header keeps it among drafts.
  private static let enforceDomain: Int32 = 93

  private func set(_ option: Int32, text: String) throws(WireError) {
    guard zmq_setsockopt(pointer, option, text, text.utf8.count) == 0 else {
      throw .system("zmq_setsockopt(\(option))")
    }
  }
}

extension Context {
  /// Refuses an endpoint that others could reach, without keys: whatever made it.
  func checkReach(of endpoint: Endpoint) throws(WireError) {
    if endpoint.isLocal { return }
    guard case .keys = security else { throw .notLoopback(endpoint.description) }
  }
}
