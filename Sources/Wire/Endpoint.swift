/// Where a socket listens: `ipc://PATH`, `tcp://127.0.0.1:PORT` or `tcp://[::1]:PORT`.
///
/// A port of `*` lets the system choose. Any address that other machines could reach is refused,
/// because nothing here is encrypted or authenticated.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// Most bytes of an `ipc://` path: a Unix socket's address, less the closing zero.
  public static let longestPath = 107

  /// The endpoint as ZeroMQ writes it.
  public let description: String
  /// The file of an `ipc://` endpoint.
  let path: String?

  /// Whether the address is written as IPv6.
  var isVersion6: Bool { path == nil && description.contains("[") }

  /// The endpoint of a text.
  ///
  /// Throws `badEndpoint`, `notLoopback` or `pathTooLong`.
  public init(_ text: String) throws(WireError) {
    description = text
    if text.hasPrefix("ipc://") {
      let file = String(text.dropFirst(6))
      // "*" asks for a random file and "@" for a name outside the file system: both unprotected.
      guard !file.isEmpty, !file.hasPrefix("*"), !file.hasPrefix("@"), !file.utf8.contains(0) else {
        throw .badEndpoint(text)
      }
      guard file.utf8.count <= Self.longestPath else {
        throw .pathTooLong(text, bytes: file.utf8.count, limit: Self.longestPath)
      }
      path = file
    } else if text.hasPrefix("tcp://") {
      path = nil
      try Self.checkLoopback(text)
    } else {
      throw .badEndpoint(text)
    }
  }

  private static func checkLoopback(_ text: String) throws(WireError) {
    let address = text.dropFirst(6)
    guard let colon = address.lastIndex(of: ":"), colon > address.startIndex else {
      throw .badEndpoint(text)
    }
    let port = address[address.index(after: colon)...]
    guard port == "*" || isPort(port) else { throw .badEndpoint(text) }
    guard ["127.0.0.1", "[::1]"].contains(address[..<colon]) else { throw .notLoopback(text) }
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text) else {
      return false
    }
    return port > 0
  }
}
