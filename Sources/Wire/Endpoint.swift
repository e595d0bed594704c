/// Where a socket listens: `ipc://PATH`, `tcp://127.0.0.1:PORT` or `tcp://[::1]:PORT`, and with keys also
/// an address that other machines reach, such as `tcp://192.168.7.10:PORT`, or `tcp://*:PORT` for all.
///
/// A port of `*` lets the system choose.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Most bytes of an `ipc://` path: a Unix socket's address, less the closing zero.
  public static let longestPath = 107

  /// The endpoint as ZeroMQ writes it.
  public let description: String
  /// The file of an `ipc://` endpoint.
  let path: String?
  /// The address of a `tcp://` endpoint, an IPv6 one within its brackets.
  let host: String?

  /// Whether the address is written as IPv6.
  var isVersion6: Bool { host?.hasPrefix("[") ?? false }

  /// Whether no other machine can reach it.
  ///
  /// Only these two spellings count: libzmq and the system's resolver read many more, and not alike.
  var isLocal: Bool { host.map { ["127.0.0.1", "[::1]"].contains($0) } ?? true }

  /// The endpoint of a text, for a context of that security.
  ///
  /// Throws `badEndpoint`, `notLoopback` or `pathTooLong`.
  public init(_ text: String, security: Security = .local) throws(WireError) {
    description = text
    if text.hasPrefix("ipc://") {
      path = try Self.path(of: text)
      host = nil
    } else if text.hasPrefix("tcp://") {
      path = nil
      let host = try Self.host(of: text)
      self.host = String(host)
      switch security {
      case .local where !isLocal: throw .notLoopback(text)
      // A source address, "a;b", and whatever else libzmq reads is no host.
      case .keys where !Self.isHost(host): throw .badEndpoint(text)
      default: break
      }
    } else {
      throw .badEndpoint(text)
    }
  }

  /// Where to connect to reach what listens here: everywhere is also here.
  var asSeenByCaller: String {
    switch host {
    case "*", "0.0.0.0": "tcp://127.0.0.1" + description.suffix(from: portStart)
    case "[::]": "tcp://[::1]" + description.suffix(from: portStart)
    default: description
    }
  }

  private var portStart: String.Index {
    description.lastIndex(of: ":") ?? description.endIndex
  }

  private static func path(of text: String) throws(WireError) -> String {
    let file = String(text.dropFirst(6))
    // "*" asks for a random file and "@" for a name outside the file system: both unprotected.
    guard !file.isEmpty, !file.hasPrefix("*"), !file.hasPrefix("@"), !file.utf8.contains(0) else {
      throw .badEndpoint(text)
    }
    guard file.utf8.count <= longestPath else {
      throw .pathTooLong(text, bytes: file.utf8.count, limit: longestPath)
    }
    return file
  }

  private static func host(of text: String) throws(WireError) -> Substring {
    let address = text.dropFirst(6)
    guard let colon = address.lastIndex(of: ":"), colon > address.startIndex else {
      throw .badEndpoint(text)
    }
    let port = address[address.index(after: colon)...]
    guard port == "*" || isPort(port) else { throw .badEndpoint(text) }
    return address[..<colon]
  }

  /// Whether a text can name a machine, or all of its addresses.
  static func isHost(_ text: Substring) -> Bool {
    text == "*" || isName(text) || isBracketed(text)
  }

  private static func isName(_ text: Substring) -> Bool {
    text.utf8.count <= 253
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  private static func isBracketed(_ text: Substring) -> Bool {
    text.utf8.count <= 64 && text.hasPrefix("[") && text.hasSuffix("]")
      && text.dropFirst().dropLast().allSatisfy {
        $0.isASCII && ($0.isHexDigit || ":.".contains($0))
      }
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text) else {
      return false
    }
    return port > 0
  }
}
