extension LaunchRecipe.Endpoints {
  static let keysMissing =
    "other machines could reach it, so it needs keys: make them with `kinglet keys new FOLDER` and set "
    + "security.keys=FOLDER, or use ipc or tcp://127.0.0.1:PORT"

  /// The endpoints of an address; nil for what is none.
  init?(address: String) {
    if address == "ipc" {
      self = .ipc
      return
    }
    guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return nil }
    let name = address[..<colon].dropFirst("tcp://".count)
    // One word, whose meaning no file of the system can change.
    let host = name == "localhost" ? "127.0.0.1" : String(name)
    guard isHost(host) || host == "*", let port = Int(address[address.index(after: colon)...]),
      (1024...65_000).contains(port)
    else { return nil }
    self = .tcp(host: host, port: port)
  }

  /// The address as a launch file spells it.
  public var address: String {
    switch self {
    case .ipc: "ipc"
    case .tcp(let host, let port): "tcp://\(host):\(port)"
    }
  }

  /// Whether no other machine reaches them.
  var isLocal: Bool {
    switch self {
    case .ipc: true
    case .tcp(let host, _): isLoopback(host)
    }
  }
}

extension LaunchRecipe.Hosts: RecipeSection {
  static let needTCP =
    "with endpoints: ipc every process is on this machine; use tcp://ADDRESS:PORT"

  init(reading section: inout Section) {
    learner = section.optionalWord(
      "learner", expected: "an address such as 192.168.7.20, or none", absent: "none"
    ) { isHost($0) ? $0 : nil }
  }

  /// Whether no other machine reaches them.
  var isLocal: Bool { learner.map(isLoopback) ?? true }

  var entries: [WrittenEntry] { [.init("learner", learner ?? "none")] }
}

extension LaunchRecipe.Security: RecipeSection {
  init(reading section: inout Section) {
    keys = section.optionalWord(
      "keys", expected: "a folder that `kinglet keys new` made, or none", absent: "none"
    ) { $0.isEmpty ? nil : $0 }
  }

  var entries: [WrittenEntry] { [.init("keys", keys ?? "none")] }
}

/// The two spellings that mean this machine alone, to whoever reads them.
private func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "[::1]"].contains(host) }

/// A name or an address of IPv4, or one of IPv6 in brackets.
func isHost(_ text: String) -> Bool {
  guard (1...253).contains(text.utf8.count), text.allSatisfy(\.isASCII) else { return false }
  guard text.hasPrefix("[") else {
    return text.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
  }
  return text.hasSuffix("]") && text.count > 2
    && text.dropFirst().dropLast().allSatisfy { $0.isHexDigit || ":.".contains($0) }
}
