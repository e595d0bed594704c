import Foundation

/// The two kinds of folder that a launch file names.
enum Folder: CaseIterable {
  case robot, task

  /// The launch file's key.
  var key: String { self == .robot ? "robot" : "task" }
  /// The folder of the folders.
  var parent: String { self == .robot ? "Robots" : "Tasks" }
  /// The file that makes a folder one of this kind.
  var file: String { key + ".yaml" }
}

/// Finds the folders that a launch file names.
struct FolderSearch {
  private let roots: [String]

  /// Looks beside the launch file's folder first, then in the current folder.
  init(launchFile: String) {
    let folder = (launchFile as NSString).deletingLastPathComponent
    let root =
      switch folder {
      case "", ".": ".."
      case "/": "/"
      default: (folder as NSString).deletingLastPathComponent
      }
    // What lies above `..` has no shorter name.
    let above = (folder as NSString).lastPathComponent == ".." ? joined(folder, "..") : root
    roots = above == "." || above.isEmpty ? [""] : [above, ""]
  }

  /// Looks in the current folder.
  init() { roots = [""] }

  /// The folder of a name, or an error with the names that exist.
  func folder(_ kind: Folder, named name: String, at place: Place) throws(RecipeError) -> String {
    for root in roots where !name.contains("/") && name != "." && name != ".." {
      let path = joined(joined(root, kind.parent), name)
      if FileManager.default.fileExists(atPath: joined(path, kind.file)) { return path }
    }
    let names = Set(roots.flatMap { existing(kind, under: $0) }).sorted()
    throw .unknownFolder(
      place, key: kind.key, name: name, nearest: nearest(to: name, among: names), existing: names)
  }

  private func existing(_ kind: Folder, under root: String) -> [String] {
    let parent = joined(root, kind.parent)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    return names.filter {
      FileManager.default.fileExists(atPath: joined(joined(parent, $0), kind.file))
    }
  }
}

/// A path below a folder, "" being the current one.
func joined(_ folder: String, _ name: String) -> String {
  if folder.isEmpty { return name }
  return folder.hasSuffix("/") ? folder + name : folder + "/" + name
}
