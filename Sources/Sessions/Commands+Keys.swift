import Recipes
import Wire

/// A folder of keys: this machine's own, and whom it lets in.
public struct KeysReport: Report {
  /// A machine on the list.
  public struct Machine: Encodable, Sendable {
    /// What the list calls it.
    public var name: String
    /// Its public key, in Z85.
    public var publicKey: String
    /// Where its servers are; left out for a machine that only calls.
    public var address: String?
  }

  /// The folder.
  public var folder: String
  /// This machine's public key, in Z85.
  public var publicKey: String
  /// Who is let in beside this machine.
  public var allowed: [Machine]

  /// The report for a person, with what to type on the other machine.
  public var text: String {
    let list = allowed.map { machine in
      "  \(machine.name)  \(machine.publicKey)" + (machine.address.map { "  at \($0)" } ?? "")
    }
    return """
      public key of this machine: \(publicKey)
      lets in\(list.isEmpty ? " nobody else" : ", beside itself:\n" + list.joined(separator: "\n"))
      on a machine that shall let this one in: kinglet keys allow FOLDER NAME '\(publicKey)'
      """
  }
}

extension Commands {
  /// Makes a key pair: `kinglet keys new`.
  public static func makeKeys(in folder: String) throws -> KeysReport {
    try KeyFolder(folder).create()
    return try keys(in: folder)
  }

  /// What a folder of keys holds: `kinglet keys show`.
  public static func keys(in folder: String) throws -> KeysReport {
    let files = KeyFolder(folder)
    let own = try files.keyPair().publicKey.description
    let machines = try files.peers().map {
      KeysReport.Machine(name: $0.name, publicKey: $0.key.description, address: $0.address)
    }
    return KeysReport(folder: folder, publicKey: own, allowed: machines)
  }

  /// Lets a machine in: `kinglet keys allow`.
  public static func allow(
    _ name: String, publicKey: String, at address: String?, in folder: String
  ) throws -> KeysReport {
    let peer = AllowedPeer(name: name, key: try PublicKey(publicKey), address: address)
    try KeyFolder(folder).allow(peer)
    return try keys(in: folder)
  }

  /// Lets a machine in no more: `kinglet keys remove`.
  public static func removeKey(of name: String, in folder: String) throws -> KeysReport {
    try KeyFolder(folder).remove(name)
    return try keys(in: folder)
  }

  /// Refuses to start here what the recipe has elsewhere.
  static func refuseOtherHosts(_ recipe: LaunchRecipe) throws {
    guard let host = recipe.hosts.learner else { return }
    throw SessionFailure(
      "hosts.learner=\(host): launch starts every process on this machine; start them by hand, as "
        + "Documentation/security.md shows, or set hosts.learner=none")
  }
}
