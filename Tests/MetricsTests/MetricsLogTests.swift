import Foundation
import Metrics
import Testing

@Suite struct MetricsLogTests {
  struct Line: Decodable, Equatable {
    var step: Int
    var robotSeconds: Double
    var wallSeconds: Double
    var values: [String: Double?]
    var notFinite: [String]?
  }

  @Test func `lines read back as written`() throws {
    let scratch = try Scratch()
    let numbers = [
      0, -0.0, 1, -1.5, 1e-300, 1.7976931348623157e308, 0x1p-1070, 0.1, 1e15, 0x1p60,
      .pi, -1e-7,
    ]
    var log = try MetricsLog(appendingTo: scratch.path("m"))
    for (step, number) in numbers.enumerated() {
      try log.append(
        step: step, robotSeconds: number, wallSeconds: Double(step),
        values: ["critic/loss": number, "quoted \" \\ \n\u{1}ü": 2, "b": -number])
    }
    try log.flush()
    let lines = try lines(scratch)
    #expect(lines.count == numbers.count)
    for (step, number) in numbers.enumerated() {
      #expect(lines[step].step == step)
      #expect(lines[step].robotSeconds == number)
      #expect(
        lines[step].values == ["critic/loss": number, "quoted \" \\ \n\u{1}ü": 2, "b": -number])
      #expect(lines[step].notFinite == nil)
    }
  }

  @Test func `what is not finite is null and noted`() throws {
    let scratch = try Scratch()
    var log = try MetricsLog(appendingTo: scratch.path("m"))
    try log.append(
      step: 1, robotSeconds: 1, wallSeconds: 1,
      values: ["a": .nan, "b": 2, "c": -.infinity, "d": .infinity])
    try log.flush()
    #expect(log.notFinite == 3)
    let line = try lines(scratch)[0]
    #expect(line.values == ["a": nil, "b": 2, "c": nil, "d": nil])
    #expect(line.notFinite == ["a", "c", "d"])
  }

  @Test func `equal values make equal bytes`() throws {
    let scratch = try Scratch()
    let values = Dictionary(uniqueKeysWithValues: (0..<40).map { ("key\($0)", Double($0)) })
    for name in ["a", "b"] {
      var log = try MetricsLog(appendingTo: scratch.path(name))
      let shuffled = Dictionary(uniqueKeysWithValues: values.shuffled())
      try log.append(step: 1, robotSeconds: 2, wallSeconds: 3, values: shuffled)
      try log.flush()
    }
    #expect(try scratch.text("a") == scratch.text("b"))
  }

  @Test func `lines reach the file when the interval has passed`() throws {
    let scratch = try Scratch()
    var log = try MetricsLog(appendingTo: scratch.path("m"), flushInterval: 10)
    var counts: [Int] = []
    for wall in [0.0, 5, 9.9, 10, 19, 21] {
      try log.append(step: 0, robotSeconds: 0, wallSeconds: wall, values: [:])
      counts.append(try lines(scratch).count)
    }
    #expect(counts == [1, 1, 1, 4, 4, 6])
  }

  @Test func `lines reach the file at the end`() throws {
    let scratch = try Scratch()
    try { () throws in
      var log = try MetricsLog(appendingTo: scratch.path("m"), flushInterval: .infinity)
      try log.append(step: 1, robotSeconds: 0, wallSeconds: 0, values: [:])
      try log.append(step: 2, robotSeconds: 0, wallSeconds: 0, values: [:])
    }()
    #expect(try lines(scratch).map(\.step) == [1, 2])
  }

  @Test func `a torn last line is dropped, whole ones are kept`() throws {
    let scratch = try Scratch()
    var first = try MetricsLog(appendingTo: scratch.path("m"))
    for step in 0..<3 {
      try first.append(step: step, robotSeconds: 0, wallSeconds: 0, values: ["a": 1])
    }
    try first.flush()
    let whole = try scratch.text("m")
    for length in stride(from: 0, through: whole.count, by: 7) {
      try scratch.write(String(whole.prefix(length)), to: "m")
      var log = try MetricsLog(appendingTo: scratch.path("m"))
      try log.append(step: 99, robotSeconds: 0, wallSeconds: 0, values: [:])
      try log.flush()
      let kept = whole.prefix(length).count { $0 == "\n" }
      #expect(try lines(scratch).map(\.step) == Array(0..<kept) + [99])
    }
  }

  @Test func `a cut leaves every whole line of few enough steps as it is`() throws {
    let scratch = try Scratch()
    let steps = [0, 50, 30, 80, 50, 100]
    var log = try MetricsLog(appendingTo: scratch.path("m"))
    for step in steps {
      let value = step == 50 ? Double.nan : 0.1 * Double(step)
      try log.append(step: step, robotSeconds: 1.5, wallSeconds: 2, values: ["a": value])
    }
    try log.flush()
    let whole = try scratch.text("m")
    let lines = whole.split(separator: "\n")
    for most in [-1, 0, 49, 50, 80, 1000] {
      try scratch.write(whole + "{\"step\":0,", to: "m")
      try MetricsLog.cut(scratch.path("m"), afterStep: most)
      let kept = zip(steps, lines).filter { $0.0 <= most }.map { $0.1 + "\n" }.joined()
      #expect(try scratch.text("m") == kept)
    }
    #expect(scratch.names(in: "") == ["m"])
  }

  @Test func `a log is read back, without its torn last line`() throws {
    let scratch = try Scratch()
    var log = try MetricsLog(appendingTo: scratch.path("m"))
    for step in 0..<4 {
      let values = ["a": Double(step), "b": .nan]
      try log.append(step: step, robotSeconds: 0.1, wallSeconds: 0.2, values: values)
    }
    try log.flush()
    let whole = try scratch.text("m")
    for cut in 0..<10 {
      try scratch.write(String(whole.dropLast(cut)), to: "m")
      let records = try MetricsRecord.records(of: scratch.path("m"))
      #expect(records.count == (cut == 0 ? 4 : 3))
      for (step, record) in records.enumerated() {
        #expect(record.step == step && record.robotSeconds == 0.1 && record.wallSeconds == 0.2)
        #expect(record.values == ["a": Double(step)])
      }
    }
    try scratch.write("{}\n" + whole, to: "m")
    #expect(
      throws: MetricsError.malformed(file: scratch.path("m"), reason: "line 1 is no metrics record")
    ) { try MetricsRecord.records(of: scratch.path("m")) }
  }

  @Test func `a file that cannot be opened is refused`() throws {
    #expect(throws: MetricsError.self) { try open(Scratch().path("no/folder/m")) }
    #expect(throws: MetricsError.self) { try open(Scratch().path("")) }
  }

  private func open(_ path: String) throws { _ = try MetricsLog(appendingTo: path) }

  private func lines(_ scratch: Scratch) throws -> [Line] {
    let text = try scratch.text("m")
    #expect(text.isEmpty || text.hasSuffix("\n"))
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }
}
