import Foundation

/// Longest line that is read of a file of lines [bytes].
let longestLine = 1 << 20

/// The bytes of a regular file; nil where it cannot be read.
///
/// One of more than `most` bytes is refused before any is read.
public func wholeFile(_ path: String, upTo most: Int) throws(MetricsError) -> [UInt8]? {
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
  guard status.st_size <= most else {
    throw .malformed(
      file: path,
      reason: "has \(status.st_size) bytes, more than the \(most) that are read; move it away")
  }
  // Over an empty file `contents(atPath:)` of Swift 6.3 on Linux loses a buffer of 4 kB.
  return status.st_size == 0 ? [] : FileManager.default.contents(atPath: path).map { Array($0) }
}

/// The lines of a log from a byte on, of a long one those of its last mebibyte; none where it cannot
/// be read.
public func lastLines(of log: String, from start: UInt64 = 0) -> [String] {
  let most: UInt64 = 1 << 20
  guard let file = FileHandle(forReadingAtPath: log), let end = try? file.seekToEnd(),
    (try? file.seek(toOffset: max(start, end - min(end, most)))) != nil,
    let bytes = try? file.read(upToCount: Int(most))
  else { return [] }
  // By bytes: to a string a line's end with a carriage return before it is another letter.
  return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
}

/// Hands on each whole line of a file in turn, without its end; a last one that has none is left out.
///
/// A long file is read piece by piece.
func forEachLine(
  of path: String, _ take: (Data) throws(MetricsError) -> Void
) throws(MetricsError) {
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
    let file = FileHandle(forReadingAtPath: path)
  else { throw .refused(file: path, reason: "cannot be read") }
  var rest = Data()
  while true {
    let piece: Data?
    do { piece = try file.read(upToCount: longestLine) } catch {
      throw .refused(file: path, reason: "cannot be read")
    }
    guard let piece, !piece.isEmpty else { return }
    var lines = (rest + piece).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    rest = Data(lines.removeLast())
    for line in lines { try take(line) }
    guard rest.count < longestLine else {
      throw .malformed(
        file: path, reason: "has a line of more than \(longestLine) bytes; move it away")
    }
  }
}
