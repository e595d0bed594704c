import Foundation

/// A folder or file that is written under a temporary name beside its final one.
///
/// It is removed unless it is published.
package struct PartialOutput: ~Copyable {
  /// The final name.
  package let target: String
  /// The name until then.
  package let path: String
  private var isThere = true

  /// Takes a free name `TARGET.part-XXXXXX`; nothing may be there under the final one.
  ///
  /// Nothing is there under the free name either: who creates it there asks that it be new, and
  /// gives it the permissions that the user's mask allows.
  package init(beside target: String) throws(ExportError) {
    var name = target
    while name.count > 1 && name.hasSuffix("/") { name.removeLast() }
    guard !Self.isTaken(name) else { throw .exists(target: name) }
    var template = Array((name + ".part-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil, rmdir(template) == 0 else {
      throw .refused(file: name, reason: systemReason())
    }
    self.target = name
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if isThere { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Removes what has been written.
  package mutating func remove() {
    try? FileManager.default.removeItem(atPath: path)
    isThere = false
  }

  /// Makes the folder, or one in it.
  package func makeFolder(_ name: String = "") throws(ExportError) {
    try Exports.makeFolder(name.isEmpty ? path : path + "/" + name)
  }

  /// Hands a folder's entries to the disk and gives it its final name.
  package mutating func publishFolder() throws(ExportError) {
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
      throw .refused(file: path, reason: "its files cannot be listed")
    }
    for name in [""] + names {
      var isFolder: ObjCBool = false
      let item = name.isEmpty ? path : path + "/" + name
      _ = FileManager.default.fileExists(atPath: item, isDirectory: &isFolder)
      if isFolder.boolValue { try Self.sync(item) }
    }
    // The system replaces no file and no folder that holds something.
    guard !Self.isTaken(target) else { throw .exists(target: target) }
    guard rename(path, target) == 0 else { throw .refused(file: target, reason: systemReason()) }
    isThere = false
    syncParent()
  }

  /// Hands a file to the disk and gives it its final name.
  package mutating func publishFile() throws(ExportError) {
    try Self.sync(path)
    // A link, unlike a renaming, never replaces; where the file system has none, a look must do.
    if link(path, target) == 0 {
      unlink(path)
    } else {
      guard errno != EEXIST, !Self.isTaken(target) else { throw .exists(target: target) }
      guard rename(path, target) == 0 else { throw .refused(file: target, reason: systemReason()) }
    }
    isThere = false
    syncParent()
  }

  /// The name is already given, so a system that cannot do this is not a failure.
  private func syncParent() {
    let parent = NSString(string: target).deletingLastPathComponent
    try? Self.sync(parent.isEmpty ? "." : parent)
  }

  private static func isTaken(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func sync(_ path: String) throws(ExportError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .refused(file: path, reason: systemReason()) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .refused(file: path, reason: systemReason()) }
  }
}

/// Makes a folder that must not exist.
package func makeFolder(_ path: String) throws(ExportError) {
  guard mkdir(path, 0o777) == 0 else { throw .refused(file: path, reason: systemReason()) }
}
