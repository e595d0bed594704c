import Foundation

/// One text file of the repository.
struct RepositoryFile: Sendable {
  /// Path from the repository's root, with `/` between its parts.
  let path: String
  /// The whole text.
  let text: String

  /// The file's last path component.
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// The folder below `Sources` or `Tests`: the room.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }
  /// The number of lines.
  var lineCount: Int { text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 }
}

/// The repository that these tests stand in.
enum Repository {
  /// The folder that holds `Package.swift`.
  static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The text of one file.
  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// Whether a file or folder is there.
  static func holds(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path(percentEncoded: false))
  }

  /// The names of the folders in a folder, sorted.
  static func folders(in path: String) throws -> [String] {
    let keys: [URLResourceKey] = [.isDirectoryKey]
    return try FileManager.default
      .contentsOfDirectory(at: root.appending(path: path), includingPropertiesForKeys: keys)
      .filter { try $0.resourceValues(forKeys: Set(keys)).isDirectory == true }
      .map(\.lastPathComponent).sorted()
  }

  /// Every file with one of these endings below the folders, sorted; generated ones are left out.
  static func files(under folders: [String], endings: [String]) throws -> [RepositoryFile] {
    var found: [RepositoryFile] = []
    for folder in folders where holds(folder) {
      let base = root.appending(path: folder)
      for case let name as String in FileManager.default.enumerator(
        atPath: base.path(percentEncoded: false)) ?? .init()
      where endings.contains(where: name.hasSuffix)
        && ![".pb.swift", "_pb2.py"].contains(where: name.hasSuffix)
      {
        let path = folder + "/" + name
        found.append(RepositoryFile(path: path, text: try text(of: path)))
      }
    }
    return found.sorted { $0.path < $1.path }
  }

  /// Swift, C and C++ files of `Sources` and `Tests`.
  static func code() throws -> [RepositoryFile] {
    try files(
      under: ["Sources", "Tests"], endings: [".swift", ".c", ".h", ".cpp", ".hpp", ".cc", ".inl"])
  }

  /// Everything that is written by hand: code, documents, data and scripts.
  static func everything() throws -> [RepositoryFile] {
    let folders = [
      "Sources", "Tests", "Robots", "Tasks", "Launch", "Documentation", "Scripts", ".ci",
      "Benchmarks", "python",
    ]
    let endings = [
      ".swift", ".c", ".h", ".cpp", ".hpp", ".cc", ".inl", ".md", ".yaml", ".xml", ".sh", ".py",
      ".proto", ".modulemap", "run", ".toml",
    ]
    let top = ["Makefile", "README.md", "Package.swift", ".swift-format", ".gitignore"]
    return try files(under: folders, endings: endings)
      + top.filter(holds).map { RepositoryFile(path: $0, text: try text(of: $0)) }
  }
}
