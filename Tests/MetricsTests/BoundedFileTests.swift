import Foundation
import Metrics
import Testing

/// However large a file is, reading it takes little memory and little time.
@Suite struct BoundedFileTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A file with a text at its start and nothing behind it, of so many bytes.
  private func make(_ name: String, _ text: String = "", bytes: Int) throws -> String {
    try scratch.write(text, to: name)
    try #require(truncate(scratch.path(name), bytes) == 0)
    return scratch.path(name)
  }

  private func expectRefusal(of path: String, saying words: [String], _ read: () throws -> Void) {
    let error = #expect(throws: MetricsError.self) { try read() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(path + ": ") && !text.contains("\n"), "\(text)")
    for word in words { #expect(text.contains(word), "\(text)") }
  }

  @Test func `a whole file is read up to its bound and refused above it`() throws {
    let path = scratch.path("a")
    for count in [0, 1, 99, 100] {
      try scratch.write(String(repeating: "x", count: count), to: "a")
      #expect(try wholeFile(path, upTo: 100)?.count == count)
    }
    for count in [101, 1 << 40] {
      let path = try make("a", bytes: count)
      expectRefusal(of: path, saying: ["\(count)", "100"]) { _ = try wholeFile(path, upTo: 100) }
    }
    #expect(try wholeFile(scratch.path("none"), upTo: 100) == nil)
    #expect(try wholeFile(scratch.path(""), upTo: 100) == nil)
    try #require(mkfifo(scratch.path("pipe"), 0o600) == 0)
    #expect(try wholeFile(scratch.path("pipe"), upTo: 100) == nil)
  }

  @Test func `a summary of a tebibyte is refused`() throws {
    let run = try RunFolder(creating: scratch.path("run"), earlierRun: .refuse)
    let path = try make("run/summary.json", "{}", bytes: 1 << 40)
    expectRefusal(of: path, saying: ["\(1 << 40)"]) { _ = try Summary(of: run) }
  }

  @Test func `figures of a tebibyte are refused by every reader`() throws {
    let line = #"{"step":1,"robotSeconds":1,"wallSeconds":1,"values":{}}"# + "\n"
    for text in ["", line, line + line] {
      let path = try make("m", text, bytes: 1 << 40)
      expectRefusal(of: path, saying: ["line"]) { _ = try MetricsRecord.records(of: path) }
      expectRefusal(of: path, saying: ["line"]) { try MetricsLog.cut(path, afterStep: 1) }
      expectRefusal(of: path, saying: ["line"]) { _ = try MetricsLog(appendingTo: path) }
    }
  }

  @Test func `figures of many pieces are read and cut as those of one`() throws {
    var log = try MetricsLog(appendingTo: scratch.path("m"), flushInterval: .infinity)
    for step in 0..<40_000 {
      let values = ["a/\(step % 7)": Double(step), "b": 0.5]
      try log.append(step: step, robotSeconds: 1, wallSeconds: 2, values: values)
    }
    try log.flush()
    let whole = try scratch.bytes("m")
    #expect(whole.count > 2 << 20)
    let records = try MetricsRecord.records(of: scratch.path("m"))
    #expect(records.map(\.step) == Array(0..<40_000))
    #expect(records.allSatisfy { $0.values["a/\($0.step % 7)"] == Double($0.step) })
    try MetricsLog.cut(scratch.path("m"), afterStep: 40_000)
    #expect(try scratch.bytes("m") == whole)
    try MetricsLog.cut(scratch.path("m"), afterStep: 39_998)
    let shorter = try scratch.bytes("m")
    #expect(shorter.last == UInt8(ascii: "\n") && whole.starts(with: shorter))
    #expect(try MetricsRecord.records(of: scratch.path("m")).count == 39_999)
  }

  @Test func `a long log gives its last lines`() throws {
    let line = String(repeating: "noise ", count: 20) + "\n"
    let text = String(repeating: line, count: 70_000) + "the reason\n"
    try scratch.write(text, to: "log")
    let lines = lastLines(of: scratch.path("log"))
    #expect(lines.last == "the reason")
    #expect((8000...9000).contains(lines.count))
    let start = UInt64(text.utf8.count)
    #expect(lastLines(of: scratch.path("log"), from: start - 11) == ["the reason"])
    #expect(lastLines(of: scratch.path("log"), from: start).isEmpty)
    try scratch.write("one\r\ntwo\n\nthree", to: "log")
    #expect(lastLines(of: scratch.path("log")) == ["one\r", "two", "three"])
    #expect(lastLines(of: scratch.path("log"), from: start + 100).isEmpty)
    #expect(lastLines(of: scratch.path("none")).isEmpty)
    let large = try make("large", text, bytes: 1 << 40)
    #expect(lastLines(of: large).count <= 1)
  }
}
