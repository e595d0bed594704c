import CZeroMQ

/// Why a key, or a file of keys, was refused: one line that says where, what, and what to do.
public struct KeyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line.
  public let description: String

  init(_ place: String, _ reason: String) { description = "\(place): \(reason)" }
}

/// The key that a machine shows to others: 32 bytes of Curve25519, written in the 40 characters of Z85
/// (ZeroMQ RFC 32).
public struct PublicKey: Sendable, Hashable, CustomStringConvertible {
  /// The key in Z85.
  public let description: String

  /// The key of a text.
  ///
  /// Throws where the text is not 40 characters of Z85.
  public init(_ text: String) throws(KeyError) {
    guard Z85.isKey(text) else {
      throw KeyError(
        "'\(text.prefix(60))'", "is no key; a key has 40 characters of Z85, see `kinglet keys show`"
      )
    }
    description = text
  }

  /// The key of its 32 bytes; nil for another number of them.
  init?(bytes: [UInt8]) {
    guard let text = Z85.text(of: bytes) else { return nil }
    description = text
  }
}

/// A machine's own keys.
public struct KeyPair: Sendable, CustomStringConvertible, CustomReflectable {
  /// The key to show to others.
  public let publicKey: PublicKey
  /// The key to show to nobody, in Z85.
  let secret: String

  /// A new pair, of the system's randomness.
  ///
  /// Its public key begins with a letter or a digit, so that no command line takes it for an option.
  public init() throws(KeyError) {
    var pair = try Self.drawn()
    while pair.publicKey.description.first.map({ !$0.isLetter && !$0.isNumber }) ?? true {
      pair = try Self.drawn()
    }
    self = pair
  }

  private init(publicKey: PublicKey, secret: String) {
    self.publicKey = publicKey
    self.secret = secret
  }

  private static func drawn() throws(KeyError) -> KeyPair {
    var shown = [CChar](repeating: 0, count: Z85.keyLength + 1)
    var hidden = shown
    guard zmq_curve_keypair(&shown, &hidden) == 0 else { throw missing }
    return KeyPair(publicKey: try PublicKey(Z85.text(shown)), secret: Z85.text(hidden))
  }

  /// The pair of a secret key.
  init(secret: String) throws(KeyError) {
    // No error may show what stood there: it may be a secret with a slip.
    guard Z85.isKey(secret) else { throw KeyError("a secret key", "is not 40 characters of Z85") }
    var shown = [CChar](repeating: 0, count: Z85.keyLength + 1)
    guard zmq_curve_public(&shown, secret) == 0 else { throw Self.missing }
    publicKey = try PublicKey(Z85.text(shown))
    self.secret = secret
  }

  private static var missing: KeyError {
    KeyError(
      "libzmq \(Context.libraryVersion)", "was built without CURVE; install Debian's libzmq3-dev")
  }

  /// The public key alone.
  public var description: String { "key pair of \(publicKey)" }
  /// The public key alone: no dump shows the other.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// Base 85 of ZeroMQ RFC 32: five characters for four bytes.
enum Z85 {
  static let keyLength = 40
  private static let alphabet = Set(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

  /// Whether a text is a key of 32 bytes, in the one spelling that those have.
  static func isKey(_ text: String) -> Bool {
    guard text.utf8.count == keyLength, text.utf8.allSatisfy(alphabet.contains) else {
      return false
    }
    var bytes = [UInt8](repeating: 0, count: 32)
    return zmq_z85_decode(&bytes, text) != nil && Self.text(of: bytes) == text
  }

  /// The text of a key's 32 bytes; nil for another number of them.
  static func text(of bytes: [UInt8]) -> String? {
    guard bytes.count == 32 else { return nil }
    var text = [CChar](repeating: 0, count: keyLength + 1)
    return zmq_z85_encode(&text, bytes, bytes.count) == nil ? nil : Self.text(text)
  }

  /// The characters before the closing zero.
  static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
